package ingest.embedded.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServedTest {
  private static final ChannelItem ITEM =
      new ChannelItem(Instant.parse("2026-11-20T10:00:00.5Z"), 17, "{\"slug\":\"näher\"}");

  @Test
  void the_latest_hundred_thousand_stay_under_their_numbers() throws IOException {
    Served served = new Served();
    for (int i = 0; i < 2_002; i++) {
      served.add(Collections.nCopies(50, ITEM));
    }
    List<String> lines = lines(served, null);
    assertEquals(100_000, lines.size());
    assertEquals(line(101), lines.get(0));
    assertEquals(line(100_100), lines.get(99_999));
    assertEquals(List.of(line(100_099), line(100_100)), lines(served, "100098"));
    assertEquals(List.of(), lines(served, "100100"));
  }

  private static String line(long seq) {
    return "{\"seq\":"
        + seq
        + ",\"at\":\"2026-11-20T10:00:00.500000Z\",\"broadcaster_user_id\":17,"
        + "\"item\":{\"slug\":\"näher\"}}";
  }

  private static List<String> lines(Served served, @Nullable String since) throws IOException {
    try (InputStream lines = served.lines(since)) {
      return new String(lines.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
