package ingest.faults;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/** How a client behaves that means no good, or is broken. */
enum Manner {
  /** One request, then silence on an open connection. */
  IDLE("GET /nothing HTTP/1.1\r\nhost: h\r\n\r\n", "", 0),
  /** Headers, a byte a second. */
  SLOW_HEADERS("POST /wh/resend HTTP/1.1\r\nhost: h\r\nx-slow: ", "x", 1000),
  /** A body, a byte a second. */
  SLOW_BODIES(
      "POST /wh/resend HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n",
      "x",
      1000),
  /** A chunked body that never ends, as fast as it is taken. */
  ENDLESS_BODIES(
      "POST /wh/resend HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
      "2000\r\n" + "x".repeat(0x2000) + "\r\n",
      0),
  /** Headers without end, as fast as they are taken. */
  HUGE_HEADERS(
      "POST /wh/resend HTTP/1.1\r\nhost: h\r\n", "x-huge: " + "x".repeat(8000) + "\r\n", 0);

  private final String opening;
  private final String more;
  private final int everyMillis;

  Manner(String opening, String more, int everyMillis) {
    this.opening = opening;
    this.more = more;
    this.everyMillis = everyMillis;
  }

  /** What it begins with. */
  byte[] opening() {
    return opening.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** What it goes on with, again and again; empty: nothing. */
  byte[] more() {
    return more.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Between two of these; 0: as fast as it can. */
  Duration pause() {
    return Duration.ofMillis(everyMillis);
  }

  String words() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
