package ingest.trial;

import java.util.Map;

/** What an upstream is said to answer. */
public record Answer(int status, Map<String, String> headers, String body) {
  /** JSON, as an upstream that is well answers. */
  public static Answer json(String body) {
    return new Answer(200, Map.of("Content-Type", "application/json"), body);
  }
}
