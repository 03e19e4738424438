package ingest.embedded.simulator;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** App access tokens: issued for client credentials, good for 60 days, forgotten on restart. */
public final class Tokens {
  private static final Duration LIFETIME = Duration.ofDays(60);
  private static final int KEPT = 10_000;
  private static final String SCHEME = "Bearer ";

  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  /** When each token ends, oldest first; bounded, for clients that ask anew for every call. */
  private final Map<String, Instant> ends = new LinkedHashMap<>();

  Tokens(Clock clock) {
    this.clock = clock;
  }

  /**
   * A new token's JSON.
   *
   * @param form the decoded form; anything else when the call sent none
   * @throws InvalidRequest for another grant or wrong credentials
   */
  public synchronized String issue(@Body @Nullable Object form) {
    if (!(form instanceof Map<?, ?> fields)
        || !"client_credentials".equals(fields.get("grant_type"))
        || !same(Simulator.CLIENT_ID, fields.get("client_id"))
        || !same(Simulator.CLIENT_SECRET, fields.get("client_secret"))) {
      throw new InvalidRequest("client credentials");
    }
    byte[] bytes = new byte[30];
    random.nextBytes(bytes);
    String token = Base64.getUrlEncoder().encodeToString(bytes);
    ends.put(token, clock.instant().plus(LIFETIME));
    if (ends.size() > KEPT) {
      ends.remove(ends.keySet().iterator().next());
    }
    return "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%d}"
        .formatted(token, LIFETIME.toSeconds());
  }

  /** Whether a call with this header is to be answered 401. */
  public synchronized boolean refuses(@Header("Authorization") @Nullable String authorization) {
    Instant end = ends.get(token(authorization));
    return end == null || !end.isAfter(clock.instant());
  }

  /** Ends the token of the call before its time. */
  public synchronized void revoke(@Header("Authorization") @Nullable String authorization) {
    ends.remove(token(authorization));
  }

  private static String token(@Nullable String authorization) {
    return authorization != null && authorization.startsWith(SCHEME)
        ? authorization.substring(SCHEME.length())
        : "";
  }

  private static boolean same(String wanted, @Nullable Object given) {
    return given instanceof String text
        && MessageDigest.isEqual(
            wanted.getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.UTF_8));
  }
}
