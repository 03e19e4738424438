package ingest.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.MalformedAnswer;
import ingest.poll.DueChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ViewerCountsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path PAIRS =
      Path.of("src/test/resources/payloads/kick.viewer_count.observed");
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  private static final Instant SLOT = Instant.parse("2026-09-24T03:15:00Z");
  private static final Instant POLLED = Instant.parse("2026-09-24T03:15:02.123456Z");

  /** The page that every pair was asked for. */
  private static List<DueChannel> page(Instant slot, Instant polledAt) {
    return IntStream.rangeClosed(1, 3)
        .mapToObj(
            n ->
                new DueChannel(
                    n,
                    "01K5X0000000000000000000A" + n,
                    "kick",
                    "90000000" + n,
                    null,
                    slot,
                    polledAt))
        .toList();
  }

  static List<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(PAIRS)) {
      return files
          .map(f -> String.valueOf(f.getFileName()))
          .filter(f -> f.endsWith(".payload.json"))
          .map(f -> f.substring(0, f.length() - ".payload.json".length()))
          .sorted()
          .toList();
    }
  }

  /** A pair ends in {@code .envelope.json}, or in {@code .error.txt} for what is malformed. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void a_payload_becomes_the_envelopes_beside_it(String name) throws IOException {
    JsonNode answer = read(name + ".payload.json");
    Path error = PAIRS.resolve(name + ".error.txt");
    if (Files.exists(error)) {
      assertFalse(Files.exists(PAIRS.resolve(name + ".envelope.json")));
      assertEquals(
          Files.readString(error).strip(),
          assertThrows(MalformedAnswer.class, () -> map(answer, SLOT, POLLED)).getMessage(),
          name);
      return;
    }
    List<Envelope> envelopes = map(answer, SLOT, POLLED);
    assertEquals(
        read(name + ".envelope.json").toPrettyString(), written(envelopes).toPrettyString(), name);
    EventTypes types = EventTypes.load(Path.of("routes"));
    envelopes.forEach(types::check);
    assertEquals(
        envelopes.size(), envelopes.stream().map(Envelope::id).collect(Collectors.toSet()).size());
    for (Envelope envelope : envelopes) {
      assertEquals(envelope.toJson(), Envelope.of(JSON.readTree(envelope.toJson())).toJson());
    }
  }

  @Test
  void every_file_beside_the_payloads_belongs_to_one() throws IOException {
    List<String> cases = cases();
    try (Stream<Path> files = Files.list(PAIRS)) {
      for (String file : files.map(f -> String.valueOf(f.getFileName())).toList()) {
        assertTrue(cases.contains(file.substring(0, file.indexOf('.'))), file);
      }
    }
  }

  @Test
  void another_poll_of_the_slot_is_the_same_event_with_a_later_rev() throws IOException {
    JsonNode answer = read("channels-live-and-offline.payload.json");
    List<Envelope> first = map(answer, SLOT, POLLED);
    List<Envelope> again = map(answer, SLOT, POLLED.plusSeconds(20));
    assertEquals(ids(first), ids(again));
    assertEquals(first.get(0).rev() + 20_000_000, again.get(0).rev());
    assertEquals(
        Duration.ofSeconds(20), Duration.between(first.get(0).time(), again.get(0).time()));
  }

  @Test
  void the_next_slot_is_another_event() throws IOException {
    JsonNode answer = read("channels-live-and-offline.payload.json");
    List<Envelope> first = map(answer, SLOT, POLLED);
    List<Envelope> next = map(answer, SLOT.plusSeconds(60), POLLED);
    assertNotEquals(first.get(0).id(), next.get(0).id());
    assertNotEquals(first.get(1).id(), next.get(1).id());
  }

  @Test
  void a_full_page_gives_an_envelope_for_each_of_its_channels() throws IOException {
    ObjectNode item =
        (ObjectNode) read("channels-live-and-offline.payload.json").path("data").get(0);
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode data = answer.putArray("data");
    List<DueChannel> page =
        IntStream.range(0, 50)
            .mapToObj(
                n ->
                    new DueChannel(
                        n,
                        "01K5X00000000000000000000%d".formatted(n % 10),
                        "kick",
                        "" + n,
                        null,
                        SLOT,
                        POLLED))
            .toList();
    for (int n = 49; n >= 0; n--) {
      data.add(item.deepCopy().put("broadcaster_user_id", n));
    }
    List<Envelope> envelopes = new ViewerCounts().map(answer, page, TRACE);
    assertEquals(50, ids(envelopes).stream().distinct().count());
    assertEquals("kick:49", envelopes.get(0).subject());
  }

  /** The stream half counts as 90 s old: an end that was pushed 10 s before the poll stands. */
  @Test
  void a_push_just_before_the_poll_is_newer_than_the_polls_stream() throws IOException {
    Envelope polled = map(read("channels-live-and-offline.payload.json"), SLOT, POLLED).get(0);
    long streamRev = Long.parseLong(polled.data().path("stream_rev").textValue());
    assertTrue(streamRev < Envelope.micros(POLLED.minusSeconds(10)));
    assertTrue(streamRev > Envelope.micros(POLLED.minusSeconds(120)));
    assertEquals(Envelope.micros(POLLED), polled.rev());
  }

  /**
   * An end that was pushed 60 s before the poll does not outlive the stream that began after it.
   */
  @ParameterizedTest
  @CsvSource({"-3600, -90", "-90, -90", "-40, -40", "0, 0", "30, 0"})
  void a_list_that_has_a_stream_is_not_older_than_its_start(int started, int asOf)
      throws IOException {
    ObjectNode answer = (ObjectNode) read("channels-live-and-offline.payload.json");
    answer
        .withArray("data")
        .forEach(
            item ->
                ((ObjectNode) item.path("stream"))
                    .put("is_live", true)
                    .put("start_time", POLLED.plusSeconds(started).toString()));
    Envelope polled = map(answer, SLOT, POLLED).get(0);
    assertEquals(
        Long.toString(Envelope.micros(POLLED.plusSeconds(asOf))),
        polled.data().path("stream_rev").textValue());
  }

  private static List<Envelope> map(JsonNode answer, Instant slot, Instant polledAt) {
    return new ViewerCounts().map(answer, page(slot, polledAt), TRACE);
  }

  private static List<String> ids(List<Envelope> envelopes) {
    return envelopes.stream().map(e -> e.id().toString()).toList();
  }

  private static JsonNode read(String file) throws IOException {
    return JSON.readTree(Files.readString(PAIRS.resolve(file)));
  }

  private static JsonNode written(List<Envelope> envelopes) throws IOException {
    ArrayNode array = JSON.createArrayNode();
    for (Envelope envelope : envelopes) {
      array.add(JSON.readTree(envelope.toJson()));
    }
    return array;
  }
}
