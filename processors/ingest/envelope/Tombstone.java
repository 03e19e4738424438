package ingest.envelope;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;

/**
 * What stands in the place of an event that was erased: that there was one of this id, type and
 * time. Whoever counts and compares ids still finds it; there is nothing in it to apply.
 *
 * <p>Its {@code dataschema} is version 0 of its type, which no type registers: a consumer of before
 * parks it as unknown.
 */
public final class Tombstone {
  /** The subject of all of them. */
  public static final String SUBJECT = "erased";

  private static final String VERSION = "/0";

  private Tombstone() {}

  /** The tombstone of an event; of a tombstone, the same again. */
  public static Envelope of(Envelope event) {
    return new Envelope(
        event.id(),
        event.source(),
        event.type(),
        event.type() + VERSION,
        SUBJECT,
        event.time(),
        event.rev(),
        null,
        event.replayof(),
        event.traceparent(),
        JsonNodeFactory.instance.objectNode());
  }

  /** Whether there is nothing in it any more. */
  public static boolean is(Envelope event) {
    return event.dataschema().length() == event.type().length() + VERSION.length()
        && event.dataschema().endsWith(VERSION);
  }
}
