package ingest.envelope;

/**
 * One type of event, as its schema file registers it.
 *
 * @param source the only upstream that may emit it
 * @param version of its {@code data}; a change that readers would notice is a new one
 * @param dataschema {@code <type>/<version>}, the schema's {@code $id}
 * @param environment what environments do with it
 * @param channel what it has to do with a channel
 */
public record EventType(
    String source,
    String type,
    int version,
    String dataschema,
    Pii pii,
    Environment environment,
    Channel channel) {

  /** Whether an environment without a projector of it just records that it came. */
  public boolean recorded() {
    return environment == Environment.RECORD;
  }

  /** What an environment does with an event of the type. */
  public enum Environment {
    /** A projector of it has to be there. */
    PROJECT,
    /** One without a projector of it just records that it came. */
    RECORD,
    /** It never gets there: the archive alone keeps it. */
    NEVER
  }

  /** What {@code dm} does with the channel that an event of the type names. */
  public enum Channel {
    /** Nothing; the subject is no channel. */
    NONE,
    /**
     * The event carries the channel's id; what it says of the channel counts the first time only.
     */
    CONCERNS,
    /** As well, and what it says of the channel is kept. */
    OBSERVES
  }

  /** How personal the data is; decides which targets get it and how long it is kept. */
  public enum Pii {
    NONE,
    /** Ids and public names of people. */
    PSEUDONYMOUS,
    /** Goes only to targets that say so. */
    PERSONAL,
    /** Off unless configured. */
    PRIVATE
  }
}
