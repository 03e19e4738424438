package ingest.bench;

import ingest.channel.ChannelKey;
import ingest.channel.Sighting;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Sightings of known channels, {@link #PAGE} at a time, each newer than what is known and each with
 * everything that can be told of a channel. Which channels share a page is by lot, the same in
 * every run, and no page has one twice.
 */
final class Pages {
  /** As many as one request asks Kick for. */
  static final int PAGE = 50;

  /** What of a revision differs within a run; a sum of whole ones is no long. */
  private static final long REV_PART = 10_000_000_000L;

  /** What differs from what is known. */
  enum Case {
    /** Nothing; they were seen again, and later. */
    UNCHANGED,
    /** Of each channel whether it streams, a text or a count. */
    CHANGED,
    /** Every name. */
    RENAMED,
    /** One name of a page, and something of every other channel. */
    MIXED;

    private boolean renames(int number) {
      return this == RENAMED || (this == MIXED && number % PAGE == 0);
    }

    private boolean changes(int number) {
      return this == CHANGED || (this == MIXED && number % 2 == 1);
    }
  }

  private final Case seen;
  private final int known;
  private final List<Sighting> sightings = new ArrayList<>();

  /**
   * Pages.
   *
   * @param known channels, in whole pages; each is seen once before one is seen again
   * @param begin before which nothing was seen but {@link Known}
   */
  Pages(Case seen, int known, int number, Instant begin) {
    this.seen = seen;
    this.known = known;
    List<Integer> channels = new ArrayList<>(IntStream.range(0, known).boxed().toList());
    Collections.shuffle(channels, new Random(known));
    for (int i = 0; i < number; i++) {
      sightings.add(sighting(i, channels.get(i % known), begin.plusMillis(i)));
    }
  }

  private Sighting sighting(int number, int channel, Instant at) {
    int what = seen.changes(number) ? number / 2 % 3 : -1;
    boolean live = what != 0;
    return new Sighting(
        new ChannelKey("kick", Known.userId(channel)),
        seen.renames(number) ? "renamed-" + number : Known.slug(channel),
        what == 1 ? "Another " + channel : "Channel " + channel,
        Known.AVATAR_URL,
        Known.BIO,
        Known.FOLLOWERS + (what == 2 ? 1 : 0),
        false,
        new Sighting.Stream(
            live,
            live ? Known.STREAM_STARTED_AT : null,
            null,
            "A title",
            new Sighting.Details("en", false, 15L, "Just Chatting")),
        number,
        null,
        at,
        new Revision(Envelope.micros(at), new UUID(at.toEpochMilli(), number)),
        "00-%032x-%016x-01".formatted(number + 1, number + 1));
  }

  Case seen() {
    return seen;
  }

  int number() {
    return (sightings.size() + PAGE - 1) / PAGE;
  }

  List<Sighting> page(int number) {
    int first = number * PAGE;
    return sightings.subList(first, Math.min(first + PAGE, sightings.size()));
  }

  int sightings() {
    return sightings.size();
  }

  long renames() {
    return IntStream.range(0, sightings.size()).filter(seen::renames).count();
  }

  /** What {@code table}, which has the columns of {@code dm.streamer_channel}, has to hold now. */
  void check(Dm dm, String table) throws Exception {
    List<Sighting> last =
        sightings.subList(Math.max(0, sightings.size() - known), sightings.size());
    Unbalanced.unlessEqual("channels", known, dm.number("SELECT count(*) FROM " + table));
    Unbalanced.unlessEqual(
        "newest revisions of the names",
        last.stream().mapToLong(s -> s.revision().rev() % REV_PART).sum()
            + (known - last.size()) * Known.REV,
        dm.number("SELECT sum(slug_rev % " + REV_PART + ") FROM " + table));
    Unbalanced.unlessEqual(
        "channels seen under another name",
        last.stream().filter(s -> String.valueOf(s.slug()).startsWith("renamed")).count(),
        dm.number("SELECT count(*) FROM " + table + " WHERE current_slug LIKE 'renamed-%'"));
    Unbalanced.unlessEqual(
        "channels that do not stream",
        last.stream().filter(s -> s.stream() != null && !s.stream().live()).count(),
        dm.number("SELECT count(*) FROM " + table + " WHERE NOT is_live"));
    Unbalanced.unlessEqual(
        "followers",
        (long) known * Known.FOLLOWERS
            + last.stream()
                .filter(s -> !Integer.valueOf(Known.FOLLOWERS).equals(s.followers()))
                .count(),
        dm.number("SELECT sum(follower_count) FROM " + table));
    Unbalanced.unlessEqual(
        "channels of another display name",
        last.stream().filter(s -> String.valueOf(s.displayName()).startsWith("Another")).count(),
        dm.number("SELECT count(*) FROM " + table + " WHERE display_name LIKE 'Another %'"));
  }
}
