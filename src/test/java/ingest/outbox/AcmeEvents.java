package ingest.outbox;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** Events of the upstream Acme, which has three types. The same number is the same event. */
public final class AcmeEvents {
  public static final String APPLE_SEEN = "acme.apple.seen";
  public static final String APPLE_EATEN = "acme.apple.eaten";
  public static final String PEAR_SEEN = "acme.pear.seen";

  /** Of today, and the same for every test of this JVM. */
  private static final Instant TIME = ProcessHandle.current().info().startInstant().orElseThrow();

  private AcmeEvents() {}

  public static EventTypes types() {
    return EventTypes.load(Path.of("src/test/resources/schemas"));
  }

  public static Envelope event(String type, int number) {
    return event(type, number, "");
  }

  public static Envelope event(String type, int number, String text) {
    ObjectNode data = JsonNodeFactory.instance.objectNode().put("n", number);
    return event(type, number, text.isEmpty() ? data : data.put("text", text));
  }

  static Envelope event(String type, int number, ObjectNode data) {
    Instant time = TIME.plusMillis(number);
    String subject = "acme:" + number % 7;
    return new Envelope(
        EventId.of(time, "acme", type, subject, "n" + number, 0),
        "acme",
        type,
        type + "/1",
        subject,
        time,
        Envelope.micros(time),
        null,
        null,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data);
  }

  /** Apples that were seen, from {@code first} on. */
  public static List<Envelope> apples(int first, int number) {
    return IntStream.range(first, first + number).mapToObj(n -> event(APPLE_SEEN, n)).toList();
  }

  public static Intake intake(List<Envelope> envelopes) {
    return new Intake(envelopes, List.of());
  }

  public static Intake intake(Envelope... envelopes) {
    return intake(List.of(envelopes));
  }
}
