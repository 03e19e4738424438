package ingest.outbox;

import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of the outbox, as much of it as a delivery needs. The envelope's bytes are those that are
 * stored, signed and sent; nobody changes them.
 */
public final class OutboxEvent {
  public final LocalDate day;
  public final long chunk;
  public final int position;
  public final UUID id;
  public final String type;
  public final byte[] envelope;

  /** The database's clock in the intake statement. */
  public final Instant createdAt;

  /** The call that brought it, on one event of those that it brought. */
  public final @Nullable Original original;

  @SuppressWarnings("TooManyParameters") // a row
  public OutboxEvent(
      LocalDate day,
      long chunk,
      int position,
      UUID id,
      String type,
      byte[] envelope,
      Instant createdAt,
      @Nullable Original original) {
    this.day = day;
    this.chunk = chunk;
    this.position = position;
    this.id = id;
    this.type = type;
    this.envelope = envelope;
    this.createdAt = createdAt;
    this.original = original;
  }
}
