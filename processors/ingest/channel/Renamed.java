package ingest.channel;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.outbox.Derived;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * That a channel changed its name, as {@code <platform>.channel.renamed}: of platforms for which a
 * schema registers that type.
 */
public final class Renamed {
  private Renamed() {}

  /** One for each rename, in their order, of platforms that register the type. */
  public static List<Derived> events(List<Rename> renames, EventTypes types) {
    return renames.stream()
        .flatMap(
            rename ->
                types.find(rename.channel().platform() + ".channel.renamed").stream()
                    .map(type -> new Derived(event(rename, type), List.of())))
        .toList();
  }

  /** The same, whenever the sighting that showed it is committed again. */
  private static Envelope event(Rename rename, EventType type) {
    Sighting by = rename.by();
    String subject = rename.channel().subject();
    String key = String.join(" ", rename.from(), rename.to(), EventId.text(by.revision().event()));
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", rename.channel().platform());
    data.put("platform_user_id", rename.channel().userId());
    data.put("channel_id", rename.id());
    data.put("old_slug", rename.from());
    data.put("slug", rename.to());
    return new Envelope(
        EventId.of(by.asOf(), type.source(), type.type(), subject, key, 0),
        type.source(),
        type.type(),
        type.dataschema(),
        subject,
        by.asOf().truncatedTo(ChronoUnit.MILLIS),
        by.revision().rev(),
        rename.externalId(),
        null,
        by.traceparent(),
        data);
  }
}
