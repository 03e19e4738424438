package ingest.delivery;

import ingest.outbox.OutboxEvent;
import ingest.outbox.Owners;
import java.time.LocalDate;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** The lanes of this process, one per target that it is configured for. */
public final class Lanes implements Owners {
  private final Map<String, Lane> lanes = new LinkedHashMap<>();

  public Lanes(List<Target> targets, Claims claims) {
    targets.forEach(t -> lanes.put(t.name(), new Lane(t, claims)));
  }

  public Collection<Lane> all() {
    return lanes.values();
  }

  /**
   * The lane of a target of this process.
   *
   * @throws IllegalArgumentException when this process has none
   */
  public Lane lane(String target) {
    Lane lane = lanes.get(target);
    if (lane == null) {
      throw new IllegalArgumentException("no lane for " + target);
    }
    return lane;
  }

  public List<Lane> ofKind(String kind) {
    return lanes.values().stream().filter(l -> l.target().kind().equals(kind)).toList();
  }

  @Override
  public Map<String, UUID> withRoom() {
    return lanes.values().stream()
        .filter(Lane::hasRoom)
        .collect(Collectors.toMap(l -> l.target().name(), Lane::token));
  }

  @Override
  public void take(String target, LocalDate day, long chunk, List<OutboxEvent> events, long since) {
    lane(target).own(day, chunk, events, since);
  }
}
