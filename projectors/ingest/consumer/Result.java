package ingest.consumer;

/** What the consumer answers for one event. */
public sealed interface Result {
  /** Its effect is committed now. */
  record Applied() implements Result {}

  /** It had been applied before. */
  record Duplicate() implements Result {}

  /** A type that this environment knows and has no use for; that it came is recorded. */
  record Ignored() implements Result {}

  /** A type or version that this environment does not know yet: it asks to be offered it later. */
  record Unknown() implements Result {}

  /** The event was refused; the others of its batch are committed. */
  record Failed(String error) implements Result {}
}
