package ingest.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BoundsTest {
  private static Bounds of(Map<String, String> environment) {
    return Bounds.of(Settings.load(Path.of(""), environment));
  }

  @Test
  void bodies_take_a_small_part_of_a_small_heap_by_default() {
    Bounds bounds = of(Map.of());
    assertTrue(bounds.bodies() <= 64 << 20, bounds::toString);
    assertEquals(Duration.ofSeconds(10), bounds.request());
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource({
    "HTTP_REQUEST_TIMEOUT, 0s",
    "HTTP_IDLE_TIMEOUT, 10ms",
    "HTTP_MAX_BODY, 0",
    "HTTP_MAX_BODIES, -1",
    "HTTP_MAX_CONNECTIONS, 0",
    "HTTP_WORKERS, 0",
    "HTTP_QUEUE, many",
  })
  void what_would_serve_nobody_is_refused(String variable, String value) {
    SettingException told = assertThrows(SettingException.class, () -> of(Map.of(variable, value)));
    assertTrue(String.valueOf(told.getMessage()).contains(variable), told.getMessage());
  }
}
