package ingest.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever still has an event may send it again: ids are kept for longer. */
class HorizonsTest {
  private static Horizons with(String variable, String value) {
    return Horizons.of(Settings.load(Path.of(""), Map.of(variable, value)));
  }

  @Test
  void what_the_product_declares_is_in_order() {
    assertEquals(8, with("INGEST_ENV", "").outbox().toDays());
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "RETENTION_EVENT_KEYS|33d|RETENTION_EVENT_KEYS (33 days) is less than RETENTION_OUTBOX + PARK_MAX + 1 day (34 days): a repetition would be taken for new; lengthen it, or shorten one of the others",
        "PARK_MAX|650h|RETENTION_EVENT_KEYS (35 days) is less than RETENTION_OUTBOX + PARK_MAX + 1 day (866 hours): a repetition would be taken for new; lengthen it, or shorten one of the others",
        "RETENTION_PROCESSED_EVENTS|34d|RETENTION_PROCESSED_EVENTS (34 days) is less than RETENTION_EVENT_KEYS (35 days): an environment would forget events that can still be sent; lengthen it here and in every environment",
        "RETENTION_OUTBOX|47h|RETENTION_OUTBOX (47 hours) is less than two days: clocks may be off"
      })
  void what_is_not_is_refused(String variable, String value, String told) {
    assertEquals(
        told, assertThrows(SettingException.class, () -> with(variable, value)).getMessage());
  }
}
