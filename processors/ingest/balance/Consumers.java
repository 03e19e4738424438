package ingest.balance;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.delivery.Digests;
import ingest.delivery.Target;
import ingest.envelope.EventId;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The environments' side, asked over the wire. */
final class Consumers {
  private final Digests digests;

  Consumers(Digests digests) {
    this.digests = digests;
  }

  /** What it has processed, minute by minute of the ids. */
  Map<Long, Digest> minutes(Target target, Span span) throws IOException, InterruptedException {
    Map<Long, Digest> minutes = new HashMap<>();
    JsonNode answer = digests.ask(target, "minutes", query(span)).path("minutes");
    if (!answer.isObject()) {
      throw new IOException("answered without minutes");
    }
    for (Map.Entry<String, JsonNode> minute : answer.properties()) {
      minutes.put(
          Long.valueOf(minute.getKey()),
          new Digest(
              minute.getValue().path("events").asLong(),
              Long.parseUnsignedLong(minute.getValue().path("hash").asText("0"), 16)));
    }
    return minutes;
  }

  /** The ids that it has processed, and when each was. */
  Map<UUID, Instant> ids(Target target, Span span) throws IOException, InterruptedException {
    Map<UUID, Instant> ids = new HashMap<>();
    String after = "";
    while (true) {
      JsonNode page =
          digests.ask(target, "ids", query(span) + (after.isEmpty() ? "" : "&after=" + after));
      for (JsonNode id : page.path("ids")) {
        ids.put(EventId.parse(id.path(0).asText()), Instant.parse(id.path(1).asText()));
      }
      String next = page.path("after").asText("");
      if (next.isEmpty()) {
        return ids;
      }
      if (next.compareTo(after) <= 0) {
        throw new IOException("answered a page that does not go on");
      }
      after = next;
    }
  }

  private static String query(Span span) {
    return "?from=" + span.from() + "&to=" + span.to();
  }
}
