package ingest.kick;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Who we are to Kick, as the form of a token request. Never printed. */
public final class KickCredentials {
  private final String id;
  private final String secret;

  public KickCredentials(String id, String secret) {
    this.id = id;
    this.secret = secret;
  }

  /** OAuth 2.1 client credentials. */
  public String form() {
    return "grant_type=client_credentials&client_id="
        + URLEncoder.encode(id, StandardCharsets.UTF_8)
        + "&client_secret="
        + URLEncoder.encode(secret, StandardCharsets.UTF_8);
  }
}
