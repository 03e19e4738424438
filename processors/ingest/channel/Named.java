package ingest.channel;

import ingest.envelope.Revision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A channel's name as it is stored, and as it becomes: the one that it was last seen under, and the
 * one that it has, which is the same or none.
 */
final class Named {
  final long id;
  final String externalId;
  final ChannelKey key;

  private final @Nullable String heldBefore;
  private final Revision seenBefore;
  private @Nullable String observed;
  private @Nullable String held;
  private Revision seen;

  /** The one that was open, and those that follow it. */
  private final List<Span> spans = new ArrayList<>();

  /**
   * @param held the name of its open span, too
   * @param since when that begins
   * @param stored whether that has a row
   */
  @SuppressWarnings("TooManyParameters") // a row
  Named(
      long id,
      String externalId,
      ChannelKey key,
      @Nullable String observed,
      @Nullable String held,
      Revision seen,
      Instant since,
      boolean stored) {
    this.id = id;
    this.externalId = externalId;
    this.key = key;
    this.observed = observed;
    this.held = held;
    this.heldBefore = held;
    this.seen = seen;
    this.seenBefore = seen;
    spans.add(new Span(held, since, stored));
  }

  @Nullable String observed() {
    return observed;
  }

  @Nullable String held() {
    return held;
  }

  /** The sighting that {@code observed} is from. */
  Revision seen() {
    return seen;
  }

  /** When it got the name that it has, or lost the last one. */
  Instant since() {
    return open().from;
  }

  void see(String slug, Revision revision) {
    observed = slug;
    seen = revision;
  }

  /** Not before {@link #since}. */
  void hold(@Nullable String slug, Instant from) {
    held = slug;
    if (open().from.equals(from)) {
      open().become(slug);
    } else {
      open().end(from);
      spans.add(new Span(slug, from, false));
    }
  }

  private Span open() {
    return spans.get(spans.size() - 1);
  }

  List<Span> changedSpans() {
    return spans.stream().filter(Span::changed).toList();
  }

  /** Also one that lost its name and has it again: its row is as before, its spans are not. */
  boolean changed() {
    return !seen.equals(seenBefore) || !changedSpans().isEmpty();
  }

  /** Whether it has the name that is stored with it. */
  boolean keepsItsName() {
    return held != null && held.equals(heldBefore);
  }

  /** Whether another may have the name that is stored with it. */
  boolean gaveUp(Set<String> taken) {
    return heldBefore != null && !keepsItsName() && taken.contains(heldBefore);
  }
}
