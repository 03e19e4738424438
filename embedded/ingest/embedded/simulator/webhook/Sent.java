package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;

/** What was sent and what it was answered: counted all, the latest kept with their bodies. */
final class Sent {
  static final int KEPT = 1_000;
  private static final int MOST_OF_A_BODY = 4_096;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Deque<ObjectNode> calls = new ArrayDeque<>();
  private final Map<String, Map<String, Long>> answers = new TreeMap<>();
  private long seq;
  private long skipped;

  synchronized void add(SignedCall call, CallKind kind, Instant at, String answer) {
    Notification told = call.told();
    ObjectNode line = JSON.createObjectNode();
    line.put("seq", ++seq)
        .put("at", at.truncatedTo(ChronoUnit.MILLIS).toString())
        .put("sender", told.party().word())
        .put("type", told.type())
        .put("kind", kind.word())
        .put("id", call.id())
        .put("answer", answer);
    if (told.body().length() <= MOST_OF_A_BODY) {
      line.put("body", told.body());
    }
    calls.add(line);
    if (calls.size() > KEPT) {
      calls.remove();
    }
    answers.computeIfAbsent(told.party().word(), k -> new TreeMap<>()).merge(answer, 1L, Long::sum);
  }

  /** A call of the steady traffic that was not sent, because those before it are not answered. */
  synchronized void skip() {
    skipped++;
  }

  /** The counts, and the latest {@code last} calls, the oldest first. */
  synchronized String json(int last) throws JsonProcessingException {
    ObjectNode told = JSON.createObjectNode();
    told.set("answers", JSON.valueToTree(answers));
    told.put("skipped", skipped);
    ArrayNode latest = told.putArray("calls");
    calls.stream().skip(Math.max(0, calls.size() - last)).forEach(latest::add);
    return JSON.writeValueAsString(told);
  }
}
