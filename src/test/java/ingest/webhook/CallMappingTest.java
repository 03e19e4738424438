package ingest.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.kick.KickSender;
import ingest.mapping.Arrival;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallMappingTest {
  private final CallMapping mapping =
      new CallMapping(List.of(), EventTypes.load(Path.of("routes")));

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{} {}", "{\"n\": 7e4662658308}"})
  void what_no_parser_takes_is_unparseable_and_kept(String body) {
    Arrival arrival =
        new Arrival(
            Instant.parse("2026-09-24T03:15:02Z"),
            null,
            new Arrival.Message("m", null, null),
            Envelope.newTraceparent());
    Mapped mapped =
        mapping.map(
            new Call(
                new KickSender(),
                Map.of("kick-event-type", "chat.message.sent"),
                body.getBytes(StandardCharsets.UTF_8),
                arrival));
    assertEquals(Mapped.Kind.UNPARSEABLE, mapped.kind());
    assertEquals(
        List.of("kick.unmapped"), mapped.envelopes().stream().map(Envelope::type).toList());
  }
}
