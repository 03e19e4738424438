package ingest.signature;

import java.util.Map;

/**
 * What a signed request carries beside its body.
 *
 * @param id the same over every retry of the same body
 * @param timestamp of this attempt, Unix seconds
 * @param signature {@code v1,<base64>}
 */
public record Signed(String id, String timestamp, String signature) {

  /** By header name. */
  public Map<String, String> headers() {
    return Map.of(
        StandardWebhooks.ID,
        id,
        StandardWebhooks.TIMESTAMP,
        timestamp,
        StandardWebhooks.SIGNATURE,
        signature);
  }
}
