package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {
  private static LineReader reader(String text, int limit) {
    return new LineReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), limit);
  }

  @ParameterizedTest(name = "{0} bytes over the limit")
  @ValueSource(ints = {1, 8, 65_525, 65_526, 65_527, 500_000})
  void of_a_line_over_the_limit_nothing_is_held(int over) throws IOException {
    LineReader lines = reader("x".repeat(10 + over) + "\n" + "y".repeat(10), 10);
    assertTrue(lines.next());
    assertTrue(lines.tooLong());
    assertEquals(0, lines.bytes().length);
    assertEquals(11 + over, lines.read());
    assertTrue(lines.next());
    assertFalse(lines.tooLong());
    assertEquals("y".repeat(10), new String(lines.bytes(), StandardCharsets.UTF_8));
    assertEquals(2, lines.number());
    assertFalse(lines.next());
  }

  @Test
  void a_line_across_buffers_is_whole() throws IOException {
    String line = "\u00e9".repeat(100_000);
    LineReader lines = reader("\n" + line + "\n", 1 << 20);
    assertTrue(lines.next());
    assertEquals(0, lines.bytes().length);
    assertTrue(lines.next());
    assertEquals(line, new String(lines.bytes(), StandardCharsets.UTF_8));
    assertFalse(lines.next());
  }
}
