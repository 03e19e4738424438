package ingest.signature;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Standard Webhooks as Svix sends it: {@code svix-id}, {@code svix-timestamp}, {@code
 * svix-signature}, or the standard's own names.
 *
 * <p>The headers of a call are of one family. Where any of Svix is there, those of the standard are
 * not looked at: else somebody could put another id beside the one that was signed.
 */
public final class Svix implements Scheme {
  public static final String ID = "svix-id";
  public static final String TIMESTAMP = "svix-timestamp";
  public static final String SIGNATURE = "svix-signature";

  private final List<Secret> secrets;

  /** {@code secrets}: one of them signed. */
  public Svix(List<Secret> secrets) {
    this.secrets = List.copyOf(secrets);
  }

  @Override
  public Verdict verify(Map<String, String> headers, byte[] body, Instant now) {
    boolean own =
        headers.containsKey(ID) || headers.containsKey(TIMESTAMP) || headers.containsKey(SIGNATURE);
    return StandardWebhooks.verify(
        secrets,
        headers.get(own ? ID : StandardWebhooks.ID),
        headers.get(own ? TIMESTAMP : StandardWebhooks.TIMESTAMP),
        headers.get(own ? SIGNATURE : StandardWebhooks.SIGNATURE),
        body,
        now);
  }
}
