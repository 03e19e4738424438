package ingest.scraperapi;

import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import ingest.signature.Scheme;
import ingest.signature.Verdict;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The last part of the address that a job of ScraperAPI calls back: the job's key, a dot, and the
 * key's HMAC-SHA256 in base64url.
 *
 * <p>ScraperAPI signs nothing. A token says that we ordered the job, and nothing of the body: who
 * has seen the address can send another, and send it again. So the body is an answer to be read
 * with as much trust as any page of the web.
 */
public final class CallbackToken implements Scheme {
  /** The parameter of the path, which travels among the headers. */
  public static final String TOKEN = "token";

  private static final Pattern KEYS = Pattern.compile("[A-Za-z0-9_-]{1,128}");
  private static final Pattern TOKENS =
      Pattern.compile("(?<key>[A-Za-z0-9_-]{1,128})\\.(?<hmac>[A-Za-z0-9_-]{43})");

  private final List<PlainSecret> secrets;

  /** {@code secrets}: the first makes tokens, all verify. */
  public CallbackToken(List<PlainSecret> secrets) {
    this.secrets = List.copyOf(secrets);
  }

  /**
   * The token of a job that is ordered now.
   *
   * @throws IllegalArgumentException for a key that is not 1 to 128 letters, digits, - and _
   */
  public String make(String key) {
    if (!KEYS.matcher(key).matches()) {
      throw new IllegalArgumentException("a job's key is of letters, digits, - and _");
    }
    return key + "." + hmac(secrets.get(0), key);
  }

  @Override
  public Verdict verify(Map<String, String> headers, byte[] body, Instant now) {
    String token = headers.get(TOKEN);
    if (token == null) {
      return Verdict.MISSING_HEADER;
    }
    Matcher parts = TOKENS.matcher(token);
    if (!parts.matches()) {
      return Verdict.BAD_SIGNATURE;
    }
    byte[] offered = parts.group("hmac").getBytes(StandardCharsets.US_ASCII);
    boolean match = false;
    for (PlainSecret secret : secrets) {
      byte[] expected = hmac(secret, parts.group("key")).getBytes(StandardCharsets.US_ASCII);
      match |= MessageDigest.isEqual(expected, offered);
    }
    return match ? Verdict.VALID : Verdict.NO_MATCH;
  }

  /** The key of the job in a token that was verified. */
  public static String key(String token) {
    return token.substring(0, Math.max(0, token.indexOf('.')));
  }

  /** In its one spelling: the spare bits of the last letter are zero. */
  private static String hmac(PlainSecret secret, String key) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(secret.sign(Hmac.SHA256, key.getBytes(StandardCharsets.US_ASCII)));
  }
}
