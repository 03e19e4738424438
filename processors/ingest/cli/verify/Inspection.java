package ingest.cli.verify;

import ingest.kick.KickPublicKeys;
import ingest.kick.KickSignature;
import ingest.settings.Settings;
import ingest.signature.Scheme;
import ingest.signature.Verdict;
import ingest.sumsub.PayloadDigest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Looks at one request. The product's own scheme judges; where it refuses, what else the signature
 * might be of is tried: other forms of the body, of the secret, of what is signed.
 */
public final class Inspection {
  private static final Map<String, String> ALGORITHMS =
      Map.of(
          "HMAC_SHA1_HEX", "HmacSHA1",
          "HMAC_SHA256_HEX", "HmacSHA256",
          "HMAC_SHA512_HEX", "HmacSHA512");

  private final Dialect dialect;
  private final String secret;
  private final Settings settings;
  private final Scheme judge;

  /**
   * @param secret as it is configured
   * @throws IllegalArgumentException when it is none; without the secret in its message
   * @throws ingest.settings.SettingException likewise
   */
  public Inspection(Dialect dialect, String secret, Settings settings) {
    this.dialect = dialect;
    this.secret = secret;
    this.settings = settings;
    this.judge = dialect.scheme(secret, settings);
  }

  /** {@code headers}: by name in lower case. */
  public Finding inspect(Map<String, String> headers, byte[] body, Instant now) {
    Verdict verdict = judge.verify(headers, body, now);
    List<String> missing =
        dialect.headers(headers).stream().filter(name -> !headers.containsKey(name)).toList();
    Instant signedAt = dialect.signedAt(headers);
    List<String> more = new ArrayList<>();
    switch (verdict) {
      case STALE_TIMESTAMP, FUTURE_TIMESTAMP -> {
        if (signedAt != null) {
          Duration age = Duration.between(signedAt, now);
          more.add(
              "it was signed %s %s, and %s are allowed"
                  .formatted(
                      span(age.abs()),
                      age.isNegative() ? "ahead of this clock" : "ago",
                      span(dialect.tolerance(settings))));
          Verdict then = judge.verify(headers, body, signedAt);
          more.add(
              then.valid()
                  ? "apart from its time it is genuine"
                  : "nor is the rest genuine: " + then.message());
          if (then == Verdict.NO_MATCH) {
            more.add(explained(headers, body));
          }
        }
      }
      case NO_MATCH, REFUSED_ALGORITHM, BAD_SIGNATURE -> more.add(explained(headers, body));
      default -> {
        // the message of the verdict says it all
      }
    }
    return new Finding(verdict, missing, signedAt, more);
  }

  private String explained(Map<String, String> headers, byte[] body) {
    Optional<String> found =
        dialect == Dialect.KICK ? explainedByKick(headers, body) : explainedByHmac(headers, body);
    return found.orElse(
        "it is of none of the bytes that were tried (other line ends, JSON written anew, other readings of the secret): another body or another secret was signed");
  }

  /** Kick's keys verify and sign nothing, so that other bodies are shown to the judge. */
  private Optional<String> explainedByKick(Map<String, String> headers, byte[] body) {
    Instant signedAt = dialect.signedAt(headers);
    if (signedAt == null) {
      return Optional.empty();
    }
    KickSignature kick =
        new KickSignature(
            KickPublicKeys.configured(secret), settings.duration("kick.webhook-tolerance"));
    return Bodies.forms(body).stream()
        .filter(form -> kick.verify(headers, form.bytes, signedAt).valid())
        .map(form -> "signed is " + form.telling)
        .findFirst();
  }

  private Optional<String> explainedByHmac(Map<String, String> headers, byte[] body) {
    Set<String> offered = offered(headers);
    List<Tried> bodies =
        Stream.concat(Stream.of(new Tried("", body)), Bodies.forms(body).stream()).toList();
    for (String each : Dialect.each(secret)) {
      for (Tried key : dialect.signsTime() ? Keys.standard(each) : Keys.plain(each)) {
        for (Tried form : bodies) {
          for (Tried signed : signed(headers, form.bytes)) {
            for (Map.Entry<String, String> algorithm : algorithms().entrySet()) {
              if (offered.contains(written(hmac(algorithm.getValue(), key.bytes, signed.bytes)))) {
                return Optional.of(telling(key, form, signed, algorithm.getKey(), headers));
              }
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  private Map<String, String> algorithms() {
    return dialect == Dialect.SUMSUB ? ALGORITHMS : Map.of("", "HmacSHA256");
  }

  private String telling(
      Tried key, Tried form, Tried signed, String algorithm, Map<String, String> headers) {
    List<String> told = new ArrayList<>();
    if (!key.telling.isEmpty()) {
      told.add("its key is " + key.telling);
    }
    if (!form.telling.isEmpty()) {
      told.add("signed is " + form.telling);
    }
    if (!signed.telling.isEmpty()) {
      told.add(signed.telling);
    }
    if (dialect == Dialect.SUMSUB) {
      List<String> accepted = settings.list("sumsub.digest-algs");
      String named = headers.getOrDefault(PayloadDigest.ALGORITHM, "");
      if (!algorithm.equals(named.isEmpty() ? accepted.get(0) : named)
          || !accepted.contains(algorithm)) {
        told.add(
            "it is by %s, where the header %s and SUMSUB_DIGEST_ALGS accepts %s"
                .formatted(
                    algorithm,
                    ALGORITHMS.containsKey(named) ? "names " + named : "names none of Sumsub's",
                    String.join(", ", accepted)));
      }
    }
    return told.isEmpty()
        ? "under this secret it is right in another spelling: upper case, or without padding"
        : String.join("; ", told);
  }

  /** What may have been signed: with id and time before the body, or without. */
  private List<Tried> signed(Map<String, String> headers, byte[] body) {
    if (!dialect.signsTime()) {
      return List.of(new Tried("", body));
    }
    List<String> names = dialect.headers(headers);
    String before =
        headers.getOrDefault(names.get(0), "") + "." + headers.getOrDefault(names.get(1), "") + ".";
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(before.getBytes(StandardCharsets.UTF_8));
    whole.writeBytes(body);
    return List.of(
        new Tried("", whole.toByteArray()),
        new Tried("signed is the body alone, where id.time.body is to be", body));
  }

  /** The signatures that were sent, each in the one spelling that we compare in. */
  private Set<String> offered(Map<String, String> headers) {
    List<String> names = dialect.headers(headers);
    String given = headers.getOrDefault(names.get(names.size() - 1), "");
    return switch (dialect) {
      case SUMSUB -> Set.of(given.strip().toLowerCase(Locale.ROOT));
      case X -> Set.of(base64(given.replaceFirst("^sha256=", "")));
      default ->
          Stream.of(given.split(" "))
              .map(one -> base64(one.replaceFirst("^v1,", "")))
              .collect(Collectors.toSet());
    };
  }

  private static String base64(String text) {
    return text.strip().replace('-', '+').replace('_', '/').replaceAll("=+$", "");
  }

  private String written(byte[] signature) {
    return dialect == Dialect.SUMSUB
        ? HexFormat.of().formatHex(signature)
        : Base64.getEncoder().withoutPadding().encodeToString(signature);
  }

  private static byte[] hmac(String algorithm, byte[] key, byte[] text) {
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(key, algorithm));
      return mac.doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(algorithm + " is not to be had", e);
    }
  }

  /** {@code 17 min 3 s}. */
  static String span(Duration span) {
    long days = span.toDays();
    if (days > 0) {
      return days + " d " + span.toHoursPart() + " h";
    }
    if (span.toHours() > 0) {
      return span.toHours() + " h " + span.toMinutesPart() + " min";
    }
    return span.toMinutes() > 0
        ? span.toMinutes()
            + " min"
            + (span.toSecondsPart() > 0 ? " " + span.toSecondsPart() + " s" : "")
        : span.toSeconds() + " s";
  }
}
