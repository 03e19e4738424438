package ingest.channel;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * That a channel had a name, or none, from a time on: a row of {@code
 * dm.streamer_channel_slug_history} as it becomes. The last one of a channel is open.
 */
final class Span {
  final Instant from;

  /** True for a row that was there before. */
  final boolean stored;

  private @Nullable String slug;
  private @Nullable Instant until;
  private boolean changed;

  Span(@Nullable String slug, Instant from, boolean stored) {
    this.slug = slug;
    this.from = from;
    this.stored = stored;
    this.changed = !stored;
  }

  /** Null: its name of then is not known. */
  @Nullable String slug() {
    return slug;
  }

  /** Null: now. */
  @Nullable Instant until() {
    return until;
  }

  /** Whether its row is to be written. */
  boolean changed() {
    return changed;
  }

  /** It lasted no time: another name takes its place. */
  void become(@Nullable String other) {
    slug = other;
    changed = true;
  }

  void end(Instant at) {
    until = at;
    changed = true;
  }
}
