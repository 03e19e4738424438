package ingest.channel;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.toList;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.Revision;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What {@code dm} has to say of a world, by the shortest way there is; lines as {@code Sql} has.
 */
final class NamesModel {
  static final List<String> FACTS =
      List.of("display_name", "avatar_url", "bio", "follower_count", "is_banned");
  private static final String NONE = "-";

  private NamesModel() {}

  /** Rows of {@code dm.streamer_channel}: whatever the order of arrival was. */
  static List<String> rows(Collection<Seen> seen) {
    Map<String, Seen> named = new HashMap<>();
    for (String channel : channels(seen)) {
      newest(seen, channel, s -> s.slug() != null).ifPresent(s -> named.put(channel, s));
    }
    return channels(seen).stream()
        .map(channel -> String.join("|", row(seen, channel, named)))
        .collect(toList());
  }

  private static List<String> row(Collection<Seen> seen, String channel, Map<String, Seen> named) {
    List<String> row = new ArrayList<>(List.of(channel));
    Optional<Seen> name = Optional.ofNullable(named.get(channel));
    row.add(name.map(Seen::slug).orElse(NONE));
    row.add(held(named, channel));
    row.addAll(revision(name));
    for (String fact : FACTS) {
      Optional<Seen> newest = newest(seen, channel, s -> s.data().has(fact));
      row.add(
          newest
              .map(s -> s.data().get(fact).asText())
              .orElse(fact.equals("is_banned") ? "false" : NONE));
      row.addAll(revision(newest));
    }
    Optional<Seen> stream = newest(seen, channel, s -> s.data().has("stream"));
    Optional<JsonNode> live =
        stream.map(s -> s.data().path("stream")).filter(s -> s.path("is_live").asBoolean());
    row.add(Boolean.toString(live.isPresent()));
    row.add(live.map(s -> micros(Instant.parse(s.path("started_at").asText()))).orElse(NONE));
    row.addAll(revision(stream));
    row.add(
        micros(
            seen.stream()
                .filter(s -> s.channel().equals(channel))
                .map(s -> s.event().time())
                .max(Instant::compareTo)
                .orElseThrow()));
    return row;
  }

  private static String micros(Instant time) {
    return Long.toString(Envelope.micros(time));
  }

  private static List<String> revision(Optional<Seen> seen) {
    Revision revision = seen.map(Seen::revision).orElse(new Revision(0, new UUID(0, 0)));
    return List.of(Long.toString(revision.rev()), revision.event().toString());
  }

  private static List<String> channels(Collection<Seen> seen) {
    return seen.stream().map(Seen::channel).distinct().sorted().toList();
  }

  private static Optional<Seen> newest(
      Collection<Seen> seen, String channel, Predicate<Seen> says) {
    return seen.stream()
        .filter(s -> s.channel().equals(channel))
        .filter(says)
        .max(comparing(Seen::revision));
  }

  /** Of those whose newest name it is, the one that was seen so last has it. */
  private static String held(Map<String, Seen> named, String channel) {
    Seen own = named.get(channel);
    if (own == null) {
      return NONE;
    }
    boolean last =
        named.values().stream()
            .filter(s -> s.platform().equals(own.platform()))
            .filter(s -> Objects.equals(s.slug(), own.slug()))
            .allMatch(s -> s.revision().compareTo(own.revision()) <= 0);
    return last ? Objects.requireNonNull(own.slug()) : NONE;
  }

  /** What became of names where every sighting came in its order. */
  static final class InOrder {
    /** Channel, name, from and until in microseconds. */
    final List<String> history = new ArrayList<>();

    /** As {@link #rename} tells them. */
    final List<String> renames = new ArrayList<>();

    InOrder(List<Seen> inOrder) {
      Map<String, TreeMap<Long, String>> spans = new TreeMap<>();
      Map<String, Seen> named = new HashMap<>();
      for (Seen s : inOrder) {
        spans.computeIfAbsent(s.channel(), c -> new TreeMap<>(Map.of(s.rev(), NONE)));
        if (s.slug() == null) {
          continue;
        }
        Seen before = named.put(s.channel(), s);
        if (before != null && !Objects.equals(before.slug(), s.slug())) {
          renames.add(rename(s, String.valueOf(before.slug())));
        }
        for (String channel : named.keySet()) {
          if (channel.startsWith(s.platform() + ":")) {
            TreeMap<Long, String> own = Objects.requireNonNull(spans.get(channel));
            String held = held(named, channel);
            if (!own.lastEntry().getValue().equals(held)) {
              own.put(s.rev(), held);
            }
          }
        }
      }
      spans.forEach(
          (channel, own) ->
              own.forEach(
                  (from, held) ->
                      history.add(
                          String.join(
                              "|",
                              channel,
                              held,
                              Long.toString(from),
                              Optional.ofNullable(own.higherKey(from))
                                  .map(Object::toString)
                                  .orElse(NONE)))));
      renames.sort(null);
    }
  }

  /** A renamed event: its id says by which sighting, its rev is that sighting's. */
  static String rename(Seen by, String from) {
    String to = Objects.requireNonNull(by.slug());
    String key =
        Stream.of(from, to, EventId.text(by.event().id())).reduce((a, b) -> a + " " + b).get();
    UUID id =
        EventId.of(
            Instant.EPOCH.plus(by.rev(), ChronoUnit.MICROS),
            "dm",
            by.platform() + ".channel.renamed",
            by.channel(),
            key,
            0);
    return String.join("|", by.channel(), from, to, Long.toString(by.rev()), id.toString());
  }
}
