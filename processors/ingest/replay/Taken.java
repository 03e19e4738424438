package ingest.replay;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.claim.ClaimedIn;
import ingest.delivery.Target;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import java.util.List;

/**
 * What a target takes of the archive: what it is sent when it happens. The archive has more, the
 * events that no environment gets and those of other environments alone.
 */
public final class Taken {
  private final EventTypes types;
  private final Target target;

  public Taken(EventTypes types, Target target) {
    this.types = types;
    this.target = target;
  }

  /**
   * The registered types that it takes, by name.
   *
   * @param asked patterns of which one has to fit; none: all
   */
  public List<String> types(List<String> asked) {
    return types.all().stream()
        .filter(t -> t.environment() != EventType.Environment.NEVER)
        .map(EventType::type)
        .filter(t -> fits(t, target.types()) && (asked.isEmpty() || fits(t, asked)))
        .toList();
  }

  /** Whether an event of such a type is one of those that it was sent. */
  public boolean event(RawEvents.Row row, JsonNode data) {
    return !ClaimedIn.one(row.type())
        || ClaimedIn.environment(target.name(), row.id(), row.subject(), data);
  }

  /** As {@code ingest.type_matches} has it. */
  static boolean fits(String type, List<String> patterns) {
    return patterns.stream()
        .anyMatch(
            p ->
                p.endsWith("*") ? type.startsWith(p.substring(0, p.length() - 1)) : type.equals(p));
  }
}
