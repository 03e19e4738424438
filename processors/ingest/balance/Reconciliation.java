package ingest.balance;

import ingest.delivery.Target;
import ingest.envelope.EventId;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Holds an hour of ids against the archive and each environment: by number and hash, minute by
 * minute, and id by id where a minute differs.
 *
 * <p>What counts is what the outbox says is delivered; what waits, is parked, dead or abandoned may
 * be there or not. The outbox is asked first, so that what it says is delivered must be there, and
 * what somebody else has is known to be accepted only after they have answered: no event on its way
 * is a mismatch, and nothing needs to stand still.
 */
public final class Reconciliation {
  /** Stands for a target where the outbox itself lacks something. */
  static final String OUTBOX = "outbox";

  /** What an environment has. */
  private record Side(Target target, Map<Long, Digest> has) {}

  private final Accepted accepted;
  private final @Nullable Archive archive;
  private final Consumers consumers;
  private final List<Target> targets;
  private final Duration keys;
  private final Clock clock;

  /**
   * Compares with these stores.
   *
   * @param archive null in a run without one
   * @param keys how long every accepted id is known
   */
  Reconciliation(
      Accepted accepted,
      @Nullable Archive archive,
      Consumers consumers,
      List<Target> targets,
      Duration keys,
      Clock clock) {
    this.accepted = accepted;
    this.archive = archive;
    this.consumers = consumers;
    this.targets = List.copyOf(targets);
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * From when on every id that was accepted is known: ids of before tell nothing by being unknown.
   */
  Instant knownFrom() {
    return clock.instant().minus(keys).plus(Duration.ofDays(1));
  }

  /**
   * Looks at an hour.
   *
   * @param only one target; null: all
   */
  Look look(Instant hour, @Nullable String only) throws SQLException, InterruptedException {
    Span span = Span.hour(hour, clock.instant());
    Accepted.Place place = accepted.place(span);
    Map<String, Map<Long, Digest>> delivered =
        place.kept().isEmpty() ? Map.of() : accepted.delivered(place);
    Map<String, Set<Accepted.TypeOfDay>> whole = accepted.whole(place.dropped());
    Set<String> off = accepted.off();
    Findings findings = new Findings();
    List<Look.Unasked> unasked = new ArrayList<>();
    List<String> asked = new ArrayList<>();
    Archive.Content content = null;
    if (archive != null) {
      try {
        content = archive.minutes(span);
      } catch (IOException e) {
        unasked.add(away(Target.CLICKHOUSE, e));
      }
    }
    for (Target target : targets) {
      if (only != null && !only.equals(target.name())) {
        continue;
      }
      if (off.contains(target.name())) {
        asked.add(target.name()); // and nothing is wrong with it
        continue;
      }
      Map<Long, Digest> required = delivered.getOrDefault(target.name(), Map.of());
      Set<Accepted.TypeOfDay> arrived = whole.getOrDefault(target.name(), Set.of());
      try {
        if (target.kind().equals(Target.CLICKHOUSE)) {
          if (archive != null && content != null) {
            Set<LocalDate> days = accepted.wholeDays(place.dropped(), arrived);
            Map<Long, Digest> all =
                days.isEmpty() ? required : Digest.sum(required, accepted.dropped(span, days));
            archive(archive, place, target, all, content.minutes(), days, findings);
            asked.add(target.name());
          }
        } else {
          Map<Long, Digest> all =
              content == null ? required : Digest.sum(required, content.of(arrived));
          consumer(
              place, new Side(target, consumers.minutes(target, span)), all, arrived, findings);
          asked.add(target.name());
        }
      } catch (FileNotFoundException e) {
        unasked.add(new Look.Unasked(target.name(), true, String.valueOf(e.getMessage())));
      } catch (IOException e) {
        unasked.add(away(target.name(), e));
      }
    }
    if (!place.kept().isEmpty()) {
      books(place, only, findings);
    }
    return new Look(hour, place.events(), asked, findings.all(), unasked);
  }

  private static Look.Unasked away(String target, IOException e) {
    return new Look.Unasked(target, false, "cannot be asked: " + e.getMessage());
  }

  private void archive(
      Archive there,
      Accepted.Place place,
      Target target,
      Map<Long, Digest> required,
      Map<Long, Digest> has,
      Set<LocalDate> wholeDays,
      Findings findings)
      throws SQLException, IOException, InterruptedException {
    for (Span part : parts(place.span(), Digest.differing(required, has))) {
      Map<UUID, Accepted.Delivered> delivered = delivered(place, part, target);
      Set<UUID> lacking = new HashSet<>(delivered.keySet());
      if (!wholeDays.isEmpty()) {
        lacking.addAll(accepted.droppedIds(part, wholeDays));
      }
      Map<UUID, Accepted.TypeOfDay> archived = there.ids(part);
      Set<UUID> unknown = unknown(part, archived.keySet(), lacking);
      lacking.removeAll(archived.keySet());
      Map<UUID, Instant> events = accepted.events(lacking);
      Instant kept = clock.instant().minus(Archive.KEEPS);
      lacking.removeIf(id -> events.getOrDefault(id, EventId.time(id)).isBefore(kept));
      lacking.removeAll(there.there(lacking, events));
      for (UUID id : lacking) {
        findings.add(
            target.name(),
            kind(delivered.get(id), Kind.LOST_IN_ARCHIVE),
            events.containsKey(id) ? Repair.SEND : Repair.NONE,
            id);
      }
      unknown.forEach(id -> findings.add(target.name(), Kind.NOT_ACCOUNTED, Repair.ACCEPT, id));
    }
  }

  private void consumer(
      Accepted.Place place,
      Side side,
      Map<Long, Digest> required,
      Set<Accepted.TypeOfDay> arrived,
      Findings findings)
      throws SQLException, IOException, InterruptedException {
    Target target = side.target;
    for (Span part : parts(place.span(), Digest.differing(required, side.has))) {
      Map<UUID, Accepted.Delivered> delivered = delivered(place, part, target);
      Set<UUID> lacking = new HashSet<>(delivered.keySet());
      if (!arrived.isEmpty() && archive != null) {
        archive
            .ids(part)
            .forEach(
                (id, type) -> {
                  if (arrived.contains(type)) {
                    lacking.add(id);
                  }
                });
      }
      Set<UUID> processed = consumers.ids(target, part).keySet();
      Set<UUID> unknown = unknown(part, processed, lacking);
      lacking.removeAll(processed);
      Set<UUID> kept = accepted.events(lacking).keySet();
      Set<UUID> elsewhere = new HashSet<>(lacking);
      elsewhere.removeAll(kept);
      elsewhere.addAll(unknown);
      Set<UUID> archived = archive == null ? Set.of() : archive.there(elsewhere, Map.of());
      for (UUID id : lacking) {
        findings.add(
            target.name(),
            kind(delivered.get(id), Kind.LOST_IN_CONSUMER),
            kept.contains(id) ? Repair.SEND : archived.contains(id) ? Repair.REPLAY : Repair.NONE,
            id);
      }
      for (UUID id : unknown) {
        findings.add(
            target.name(),
            Kind.NOT_ACCOUNTED,
            archived.contains(id) ? Repair.ACCEPT : Repair.NONE,
            id);
      }
    }
  }

  private Map<UUID, Accepted.Delivered> delivered(Accepted.Place place, Span part, Target target)
      throws SQLException {
    return place.kept().isEmpty() ? Map.of() : accepted.delivered(place, part, target.name());
  }

  /** Those that were never accepted; asked after the target has answered. */
  private Set<UUID> unknown(Span part, Collection<UUID> has, Set<UUID> expected)
      throws SQLException {
    if (part.from().isBefore(knownFrom())) {
      return Set.of();
    }
    Set<UUID> unknown = new HashSet<>(has);
    unknown.removeAll(expected);
    unknown.removeAll(accepted.known(unknown));
    return unknown;
  }

  private static Kind kind(Accepted.@Nullable Delivered delivered, Kind lost) {
    return delivered == null || delivered.traced() ? lost : Kind.MARKED_DELIVERED;
  }

  /** What the outbox's own books lack. */
  private void books(Accepted.Place place, @Nullable String only, Findings findings)
      throws SQLException {
    accepted
        .unaccounted(place)
        .forEach(
            (target, ids) -> {
              if (only == null || only.equals(target)) {
                ids.forEach(id -> findings.add(target, Kind.NOT_ACCOUNTED, Repair.DELIVER, id));
              }
            });
    accepted
        .miscounted(place)
        .forEach(
            (target, ids) -> {
              if (only == null || only.equals(target)) {
                ids.forEach(id -> findings.add(target, Kind.NOT_ACCOUNTED, Repair.RECOUNT, id));
              }
            });
    if (only == null) {
      accepted
          .withoutEvent(place)
          .forEach(id -> findings.add(OUTBOX, Kind.NOT_ACCOUNTED, Repair.NONE, id));
    }
  }

  /** The minutes that differ, each of them cut to the span. */
  private static List<Span> parts(Span whole, Set<Long> minutes) {
    return minutes.stream()
        .map(Span::minute)
        .map(m -> new Span(m.from(), m.to().isBefore(whole.to()) ? m.to() : whole.to()))
        .filter(m -> !m.isEmpty())
        .toList();
  }

  private static final class Findings {
    private record Key(String target, Kind kind, Repair repair) {}

    private final Map<Key, List<UUID>> ids = new HashMap<>();

    void add(String target, Kind kind, Repair repair, UUID id) {
      ids.computeIfAbsent(new Key(target, kind, repair), k -> new ArrayList<>()).add(id);
    }

    List<Mismatch> all() {
      return ids.entrySet().stream()
          .map(
              e ->
                  new Mismatch(
                      e.getKey().target,
                      e.getKey().kind,
                      e.getKey().repair,
                      e.getValue().stream().sorted(EventId.ORDER).toList()))
          .sorted(
              java.util.Comparator.comparing(Mismatch::target)
                  .thenComparing(Mismatch::kind)
                  .thenComparing(Mismatch::repair))
          .toList();
    }
  }
}
