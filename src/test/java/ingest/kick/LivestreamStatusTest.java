package ingest.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What makes two messages one event; what each becomes is beside the payloads. */
final class LivestreamStatusTest {
  private static final EventType TYPE =
      EventTypes.load(Path.of("routes")).find("kick.livestream.status.updated").orElseThrow();
  private static final Path PAYLOADS =
      Path.of("src/test/resources/payloads/kick.livestream.status.updated");
  private static final Instant ARRIVED = Instant.parse("2026-09-24T03:15:02Z");
  private static final String START = "2026-09-24T03:01:13Z";

  private static Envelope map(ObjectNode body, Instant arrived) {
    Arrival arrival =
        new Arrival(arrived, null, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    return new LivestreamStatus().map(body, TYPE, arrival).get(0);
  }

  private static ObjectNode body(String startedAt, boolean live, @Nullable String endedAt)
      throws IOException {
    ObjectNode body =
        (ObjectNode) new ObjectMapper().readTree(PAYLOADS.resolve("started.payload.json").toFile());
    return body.put("started_at", startedAt).put("is_live", live).put("ended_at", endedAt);
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource({
    "2026-09-24T03:01:13Z, true, ",
    "2026-09-24T14:01:13+11:00, true, ",
    "2026-09-24T03:01:13.000Z, true, ",
    "2026-09-24T03:01:13Z, true, 2026-09-24T03:14:00Z"
  })
  void a_start_that_comes_again_however_it_is_written_is_the_same_event(
      String startedAt, boolean live, @Nullable String endedAt) throws IOException {
    Envelope first = map(body(START, true, null), ARRIVED);
    Envelope again = map(body(startedAt, live, endedAt), ARRIVED.plusSeconds(3600));
    assertEquals(first.id(), again.id());
    assertEquals(first.rev(), again.rev());
    assertEquals(first.data(), again.data());
  }

  @ParameterizedTest(name = "an end at {0}")
  @CsvSource({"2026-09-24T03:14:00Z", "2026-09-24T03:14:01Z", "''", "0001-01-01T00:00:00Z"})
  void an_end_is_one_event_whatever_is_said_of_its_time(String endedAt) throws IOException {
    Envelope first = map(body(START, false, "2026-09-24T03:14:00Z"), ARRIVED);
    Envelope again = map(body(START, false, endedAt), ARRIVED.plusSeconds(3600));
    assertEquals(first.id(), again.id());
    assertNotEquals(map(body(START, true, null), ARRIVED).id(), first.id(), "its start");
  }

  @Test
  void an_end_without_a_time_is_of_when_it_arrived() throws IOException {
    Envelope end = map(body(START, false, null), ARRIVED);
    assertEquals(ARRIVED, end.time());
    assertEquals(Envelope.micros(ARRIVED), end.rev());
    Envelope later = map(body(START, false, null), ARRIVED.plusSeconds(60));
    assertEquals(ARRIVED.plusSeconds(60), later.time());
    assertEquals(end.id(), later.id());
  }

  @Test
  void a_start_that_is_yet_to_come_is_one_event_and_says_no_start() throws IOException {
    ObjectNode body = body("2026-09-24T04:00:00Z", true, null);
    Envelope early = map(body, ARRIVED);
    assertEquals("{\"is_live\":true,\"title\":\"Evening stream\"}", stream(early));
    assertEquals(ARRIVED.plusSeconds(120), early.time());
    Envelope later = map(body, Instant.parse("2026-09-24T04:00:01Z"));
    assertEquals(early.id(), later.id());
    assertEquals(Instant.parse("2026-09-24T04:00:00Z"), later.time());
  }

  private static String stream(Envelope envelope) {
    return envelope.data().path("stream").toString();
  }

  @Test
  void another_stream_or_another_channel_is_another_event() throws IOException {
    Envelope first = map(body(START, true, null), ARRIVED);
    assertNotEquals(first.id(), map(body("2026-09-24T03:01:14Z", true, null), ARRIVED).id());
    ObjectNode other = body(START, true, null);
    other.withObject("/broadcaster").put("user_id", 900000002);
    assertNotEquals(first.id(), map(other, ARRIVED).id());
  }
}
