package ingest.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.envelope.EventTypes;
import ingest.projection.kick.ViewerCountProjector;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the door for rebuilds takes, and that neither door takes what is for the other. */
class InternalRebuildsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final String ID = "5f0c6a0e-7f3e-4e0e-9f57-0a0a0a0a0a0a";

  @TempDir static Path noRoutes = Path.of("");

  private final InternalRebuilds door =
      new InternalRebuilds(new Rebuilds(STORES.env(), List.of(new ViewerCountProjector())));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest(name = "{0} is answered {1}")
  @CsvSource(
      quoteCharacter = '|',
      value = {
        "|[]|, 400",
        "|[{\"id\": \"01K5X0000000000000000000A1\"}]|, 400",
        "|nonsense|, 400",
        "|{\"do\": \"swap\"}|, 400",
        "|{\"do\": \"burn\", \"rebuild\": \"" + ID + "\"}|, 400",
        "|{\"do\": \"swap\", \"rebuild\": \"" + ID + "\"}|, 404",
        "|{\"do\": \"begin\", \"rebuild\": \"" + ID + "\"}|, 400",
        "|{\"do\": \"begin\", \"rebuild\": \"" + ID + "\", \"table\": \"pg_class\"}|, 404",
        "|{\"do\": \"project\", \"rebuild\": \"" + ID + "\", \"events\": {}}|, 400",
        "|{\"do\": \"difference\", \"rebuild\": \""
            + ID
            + "\", \"keys\": 1000000, \"rows\": 1}|, 400"
      })
  void what_is_wrong_is_refused(String body, int status) {
    assertEquals(status, assertThrows(Refusal.class, () -> door.act(bytes(body))).status());
  }

  @Test
  void what_a_rebuild_is_given_is_nothing_to_the_door_for_events() {
    InternalEvents events =
        new InternalEvents(
            new Consumer(
                STORES.env(),
                List.of(new ViewerCountProjector()),
                List.of(),
                EventTypes.load(noRoutes)),
            new ProcessedEvents(STORES.env()),
            new ConsumerMetrics(new SimpleMeterRegistry()));
    String given = "{\"do\": \"project\", \"rebuild\": \"" + ID + "\", \"events\": []}";
    assertEquals(400, assertThrows(Refusal.class, () -> events.parse(bytes(given))).status());
  }
}
