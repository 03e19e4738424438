package ingest.envelope;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EnvelopeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VALID =
      """
      {"specversion":"1.0","id":"01K5X0000000000000000000E1","source":"kick",\
      "type":"kick.viewer_count.observed","dataschema":"kick.viewer_count.observed/1",\
      "datacontenttype":"application/json","subject":"kick:900000001",\
      "time":"2026-09-24T03:15:02.120Z","rev":"1790219702123456",\
      "channelid":"01K5X0000000000000000000A1","replayof":"01K5X0000000000000000000E0",\
      "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",\
      "data":{"title":"naïve 🌙 \\u0000 \\"","n":12345678901234567890,"nil":null}}""";

  private static ObjectNode valid() throws IOException {
    return (ObjectNode) JSON.readTree(VALID);
  }

  @Test
  void what_was_written_is_what_is_read() throws IOException {
    Envelope envelope = Envelope.of(valid());
    assertEquals(VALID, envelope.toJson());
    assertEquals(envelope, Envelope.of(JSON.readTree(envelope.toJson())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"channelid", "replayof"})
  void an_attribute_that_may_be_absent_stays_absent(String attribute) throws IOException {
    ObjectNode node = valid();
    node.remove(attribute);
    assertFalse(JSON.readTree(Envelope.of(node).toJson()).has(attribute));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "specversion",
        "id",
        "source",
        "type",
        "dataschema",
        "subject",
        "time",
        "rev",
        "traceparent",
        "data"
      })
  void an_attribute_that_is_missing_is_named(String attribute) throws IOException {
    ObjectNode node = valid();
    node.remove(attribute);
    assertTrue(refusal(node).startsWith(attribute + " is "), refusal(node));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "specversion",
        "id",
        "source",
        "type",
        "dataschema",
        "subject",
        "time",
        "rev",
        "channelid",
        "replayof",
        "traceparent",
        "data"
      })
  void an_attribute_of_another_kind_is_named(String attribute) throws IOException {
    ObjectNode node = valid();
    node.put(attribute, 7);
    assertTrue(refusal(node).startsWith(attribute + " is "), refusal(node));
  }

  @ParameterizedTest(name = "{0} = {1}")
  @CsvSource({
    "specversion, 0.3",
    "id, 0199",
    "source, Kick",
    "source, ''",
    "type, kick",
    "type, kick.Viewer",
    "dataschema, kick.viewer_count.observed",
    "dataschema, kick.other/1",
    "subject, ''",
    "subject, 'kick 1'",
    "subject, kick:é",
    "time, 2026-09-24",
    "time, 2026-09-24T03:15:02",
    "time, 1790219702",
    "rev, ''",
    "rev, -1",
    "rev, 1.5",
    "rev, 9223372036854775808",
    "channelid, 900000001",
    "channelid, 01k5x0000000000000000000a1",
    "traceparent, 00-0-0-01",
    "traceparent, ''",
    "data, '{}'"
  })
  void an_attribute_that_is_malformed_is_named_and_not_quoted(String attribute, String value)
      throws IOException {
    ObjectNode node = valid();
    node.put(attribute, value);
    String refusal = refusal(node);
    assertTrue(refusal.startsWith(attribute + " is "), refusal);
    assertTrue(value.length() < 4 || !refusal.contains(value), refusal);
  }

  @Test
  void a_type_or_a_subject_that_is_too_long_is_refused() throws IOException {
    ObjectNode node = valid();
    node.put("subject", "s".repeat(201));
    assertEquals("subject is malformed", refusal(node));
    String type = "t.".repeat(60) + "t";
    ObjectNode longType = valid();
    longType.put("type", type);
    longType.put("dataschema", type + "/1");
    assertEquals("type is longer than 120 characters", refusal(longType));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "null", "\"text\""})
  void what_is_no_object_is_no_envelope(String json) throws IOException {
    assertEquals("not an object", refusal(JSON.readTree(json)));
  }

  @Test
  void the_limit_is_in_bytes_of_the_whole_envelope() throws IOException {
    int rest = padded("").toJson().getBytes(StandardCharsets.UTF_8).length;
    int room = Envelope.MAX_BYTES - rest;
    assertEquals(
        Envelope.MAX_BYTES,
        padded("é".repeat(room / 2) + "e".repeat(room % 2))
            .toJson()
            .getBytes(StandardCharsets.UTF_8)
            .length);
    Envelope tooBig = padded("é".repeat(room / 2) + "e".repeat(room % 2 + 1));
    assertEquals(
        "envelope of 131073 bytes is over the limit of 131072",
        assertThrows(InvalidEnvelope.class, tooBig::toJson).getMessage());
  }

  private static Envelope padded(String padding) throws IOException {
    ObjectNode node = valid();
    node.putObject("data").put("padding", padding);
    return Envelope.of(node);
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "2026-09-24T03:15:02Z, 2026-09-24T03:15:02.000Z",
    "2026-09-24T14:15:02.5+11:00, 2026-09-24T03:15:02.500Z",
    "2026-09-24T03:15:02.123999Z, 2026-09-24T03:15:02.123Z"
  })
  void a_time_is_written_in_utc_with_milliseconds(String read, String written) throws IOException {
    ObjectNode node = valid();
    node.put("time", read);
    assertEquals(written, JSON.readTree(Envelope.of(node).toJson()).path("time").textValue());
  }

  @Test
  void effects_are_remembered_under_the_original() throws IOException {
    ObjectNode node = valid();
    assertEquals(EventId.parse("01K5X0000000000000000000E0"), Envelope.of(node).rootId());
    node.remove("replayof");
    assertEquals(EventId.parse("01K5X0000000000000000000E1"), Envelope.of(node).rootId());
  }

  @Test
  void microseconds_count_from_1970() {
    assertEquals(
        1_790_219_702_123_456L, Envelope.micros(Instant.parse("2026-09-24T03:15:02.123456789Z")));
    assertEquals(0, Envelope.micros(Instant.EPOCH));
    assertEquals(-1, Envelope.micros(Instant.EPOCH.minusNanos(1000)));
  }

  @Test
  void each_trace_context_is_new_and_well_formed() throws IOException {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      String traceparent = Envelope.newTraceparent();
      ObjectNode node = valid();
      node.put("traceparent", traceparent);
      assertEquals(traceparent, Envelope.of(node).traceparent());
      assertTrue(traceparent.startsWith("00-") && traceparent.endsWith("-01"), traceparent);
      seen.add(traceparent);
    }
    assertEquals(1000, seen.size());
  }

  private static String refusal(JsonNode node) {
    return String.valueOf(
        assertThrows(InvalidEnvelope.class, () -> Envelope.of(node)).getMessage());
  }
}
