package ingest.envelope;

/**
 * One type of event, as its schema file registers it.
 *
 * @param source the only upstream that may emit it
 * @param version of its {@code data}; a change that readers would notice is a new one
 * @param dataschema {@code <type>/<version>}, the schema's {@code $id}
 * @param recorded whether an environment without a projector of it just records that it came
 * @param channel whether it observes a channel: {@code dm} keeps what it says of it
 */
public record EventType(
    String source,
    String type,
    int version,
    String dataschema,
    Pii pii,
    boolean recorded,
    boolean channel) {

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
