package ingest.fuzz;

import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** A call, genuine or broken. */
final class Sample {
  /** By name in lower case. */
  final Map<String, String> headers;

  final byte[] body;

  Sample(Map<String, String> headers, byte[] body) {
    this.headers = new TreeMap<>(headers);
    this.body = body;
  }

  /** So that it can be sent again. */
  @Override
  public String toString() {
    return "headers %s, body in base64 %s"
        .formatted(headers, Base64.getEncoder().encodeToString(body));
  }
}
