package ingest.sumsub;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.signature.BodyHmac;
import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import ingest.signature.Scheme;
import ingest.signature.Verdict;
import ingest.webhook.Secrets;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sumsub's digest of the raw body in {@code x-payload-digest}. It signs no time and no id.
 *
 * <p>What is configured decides over the algorithm. {@code x-payload-digest-alg}, which nobody
 * signed, only chooses among what is accepted, and where it is missing the first that is accepted
 * is taken.
 */
public final class PayloadDigest implements Scheme {
  public static final String DIGEST = "x-payload-digest";
  public static final String ALGORITHM = "x-payload-digest-alg";

  private static final Map<String, Hmac> NAMES =
      Map.of(
          "HMAC_SHA1_HEX", Hmac.SHA1,
          "HMAC_SHA256_HEX", Hmac.SHA256,
          "HMAC_SHA512_HEX", Hmac.SHA512);

  private final Hmac first;
  private final Map<Hmac, Scheme> accepted = new EnumMap<>(Hmac.class);

  /**
   * Accepts what was digested by one of {@code algorithms} under one of {@code secrets}.
   *
   * @param secrets of the webhook itself, not the API's
   * @param algorithms at least one, the first for calls that name none
   */
  public PayloadDigest(List<PlainSecret> secrets, List<Hmac> algorithms) {
    this.first = algorithms.get(0);
    for (Hmac algorithm : algorithms) {
      accepted.put(algorithm, new BodyHmac(DIGEST, "", BodyHmac.Form.HEX, algorithm, secrets));
    }
  }

  /**
   * As it is configured.
   *
   * @throws SettingException when there is no secret, or an algorithm is none of Sumsub's
   */
  public static PayloadDigest of(Settings settings) {
    List<PlainSecret> secrets = Secrets.plain("sumsub.webhook-secret", settings);
    try {
      return new PayloadDigest(secrets, algorithms(settings.list("sumsub.digest-algs")));
    } catch (IllegalArgumentException e) {
      throw new SettingException(Settings.variable("sumsub.digest-algs") + ": " + e.getMessage());
    }
  }

  /**
   * Reads the names that Sumsub has for its algorithms.
   *
   * @throws IllegalArgumentException for none at all, and for another
   */
  static List<Hmac> algorithms(List<String> names) {
    if (names.isEmpty() || !NAMES.keySet().containsAll(names)) {
      throw new IllegalArgumentException(
          "the algorithms are of "
              + NAMES.keySet().stream().sorted().collect(Collectors.joining(", ")));
    }
    return names.stream().map(NAMES::get).distinct().toList();
  }

  @Override
  public Verdict verify(Map<String, String> headers, byte[] body, Instant now) {
    if (!headers.containsKey(DIGEST)) {
      return Verdict.MISSING_HEADER;
    }
    Scheme scheme = accepted.get(asked(headers.get(ALGORITHM)));
    return scheme == null ? Verdict.REFUSED_ALGORITHM : scheme.verify(headers, body, now);
  }

  private @Nullable Hmac asked(@Nullable String name) {
    return name == null ? first : NAMES.get(name);
  }
}
