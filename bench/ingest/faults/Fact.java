package ingest.faults;

import ingest.envelope.EventId;
import ingest.run.Balancer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All that is known of one event: what was promised, what passed, what each store holds of it. */
final class Fact {
  /** The first to be committed comes first; what never was comes last. */
  static final Comparator<Fact> BY_COMMIT =
      Comparator.comparing(
          fact -> fact.committed, Comparator.nullsLast(Comparator.<Instant>naturalOrder()));

  private static final Comparator<Line> BY_TIME = Comparator.comparing(Line::at);

  /** What became of an event's delivery to one target, as dm has it. */
  record Outcome(String status, int attempts, @Nullable Instant at, @Nullable String error) {}

  /** One write of a column group of {@code public.channel_snapshot} by this event. */
  record Effect(Instant at, String columns, String subject, long rev) {}

  private record Line(Instant at, String words) {}

  final UUID id;
  @Nullable Emission emission;

  /** Whether it is the only event of its subject. */
  boolean alone;

  int outbox;
  @Nullable Instant committed;
  @Nullable String chunk;
  final List<Outcome> stage = new ArrayList<>(1);
  final List<Outcome> clickHouse = new ArrayList<>(1);
  int archived;
  int probed;
  int processed;
  final List<Effect> effects = new ArrayList<>(1);
  final List<Balancer.Delivery> deliveries = new ArrayList<>(1);

  Fact(UUID id) {
    this.id = id;
  }

  boolean acknowledged() {
    return emission != null && emission.acknowledged();
  }

  long effects(String columns) {
    return effects.stream().filter(e -> e.columns.equals(columns)).count();
  }

  long said(String result) {
    return deliveries.stream().filter(d -> d.said(id).equals(result)).count();
  }

  long refusals() {
    return deliveries.stream().filter(d -> d.told(id).equals("failed")).count();
  }

  /** Whether the sender had been told that the environment has it before it settled that. */
  boolean settledAfterAnAnswer() {
    return stage.stream()
        .filter(outcome -> outcome.status.equals("delivered"))
        .allMatch(
            outcome ->
                deliveries.stream()
                    .anyMatch(
                        d ->
                            (d.told(id).equals("applied") || d.told(id).equals("duplicate"))
                                && !Objects.requireNonNull(d.answer())
                                    .at()
                                    .isAfter(Objects.requireNonNull(outcome.at))));
  }

  /** The history: what happened in the order of time, then what the stores hold. */
  List<String> history() {
    List<Line> lines = new ArrayList<>();
    if (emission != null) {
      for (Emission.Try tried : emission.tries()) {
        lines.add(new Line(tried.at(), "emitted to " + tried.instance() + ": " + tried.outcome()));
      }
    }
    if (committed != null) {
      lines.add(new Line(committed, "committed in chunk " + chunk));
    }
    for (Balancer.Delivery d : deliveries) {
      String way = "%s to %s, %d events".formatted(d.sender(), d.environment(), d.events().size());
      Balancer.Answer answer = d.answer();
      lines.add(new Line(d.at(), "sent, " + way + (answer == null ? ": " + d.told(id) : "")));
      if (answer != null) {
        boolean same = d.said(id).equals(d.told(id));
        lines.add(
            new Line(
                answer.at(),
                "answered, " + way + ": " + d.said(id) + (same ? "" : ", told " + d.told(id))));
      }
    }
    for (Effect effect : effects) {
      lines.add(
          new Line(
              effect.at,
              "effect: %s of %s, rev %d".formatted(effect.columns, effect.subject, effect.rev)));
    }
    settled("stage", stage, lines);
    settled("clickhouse", clickHouse, lines);
    lines.sort(BY_TIME);
    List<String> words = new ArrayList<>();
    words.add(EventId.text(id) + "  " + id);
    lines.forEach(line -> words.add("  " + line.at + "  " + line.words));
    words.add(
        "  in the stores: outbox %d, raw_events %d, kick_streamer_probe %d, processed_events %d"
            .formatted(outbox, archived, probed, processed));
    words.add("  in dm: stage " + states(stage) + ", clickhouse " + states(clickHouse));
    return words;
  }

  private static void settled(String target, List<Outcome> outcomes, List<Line> lines) {
    for (Outcome outcome : outcomes) {
      if (outcome.at != null) {
        lines.add(new Line(outcome.at, "settled for " + target + ": " + outcome.status));
      }
    }
  }

  private static String states(List<Outcome> outcomes) {
    return outcomes.isEmpty()
        ? "has no delivery"
        : String.join(
            " and ",
            outcomes.stream()
                .map(
                    o ->
                        o.status
                            + " after "
                            + o.attempts
                            + " attempts"
                            + (o.error == null ? "" : " (" + o.error + ")"))
                .toList());
  }
}
