package ingest.cli.verify;

import ingest.kick.KickPublicKeys;
import ingest.kick.KickSignature;
import ingest.settings.Settings;
import ingest.signature.PlainSecret;
import ingest.signature.Scheme;
import ingest.signature.Secret;
import ingest.signature.StandardWebhooks;
import ingest.signature.Svix;
import ingest.sumsub.PayloadDigest;
import ingest.x.XSignature;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who signs how. The judge is the scheme that the product itself verifies with. */
public enum Dialect {
  /** Ours, to environments and for claims. */
  DELIVERY("ingest.delivery-secret") {
    @Override
    Scheme scheme(String secret, Settings settings) {
      List<Secret> secrets = standard(secret);
      return (headers, body, now) ->
          StandardWebhooks.verify(
              secrets,
              headers.get(StandardWebhooks.ID),
              headers.get(StandardWebhooks.TIMESTAMP),
              headers.get(StandardWebhooks.SIGNATURE),
              body,
              now);
    }

    @Override
    List<String> headers(Map<String, String> given) {
      return STANDARD;
    }
  },
  /** RSA; its key is no secret. */
  KICK("kick.webhook-public-key") {
    @Override
    Scheme scheme(String secret, Settings settings) {
      return new KickSignature(
          KickPublicKeys.configured(secret), settings.duration("kick.webhook-tolerance"));
    }

    @Override
    List<String> headers(Map<String, String> given) {
      return List.of(KickSignature.ID, KickSignature.TIMESTAMP, KickSignature.SIGNATURE);
    }

    @Override
    Duration tolerance(Settings settings) {
      return settings.duration("kick.webhook-tolerance");
    }
  },
  /** HMAC of the body. */
  SUMSUB("sumsub.webhook-secret") {
    @Override
    Scheme scheme(String secret, Settings settings) {
      return PayloadDigest.of(settings.with("verify", Map.of("sumsub.webhook-secret", secret)));
    }

    @Override
    List<String> headers(Map<String, String> given) {
      return List.of(PayloadDigest.DIGEST);
    }
  },
  /** HMAC of the body. */
  X("x.consumer-secret") {
    @Override
    Scheme scheme(String secret, Settings settings) {
      return new XSignature(PlainSecret.all(Dialect.each(secret)));
    }

    @Override
    List<String> headers(Map<String, String> given) {
      return List.of(XSignature.SIGNATURE);
    }
  },
  /** Standard Webhooks under Svix's names or its own. */
  RESEND("resend.webhook-secret") {
    @Override
    Scheme scheme(String secret, Settings settings) {
      return new Svix(standard(secret));
    }

    @Override
    List<String> headers(Map<String, String> given) {
      return given.keySet().stream().anyMatch(name -> name.startsWith("svix-"))
          ? List.of(Svix.ID, Svix.TIMESTAMP, Svix.SIGNATURE)
          : STANDARD;
    }
  };

  private static final List<String> STANDARD =
      List.of(StandardWebhooks.ID, StandardWebhooks.TIMESTAMP, StandardWebhooks.SIGNATURE);
  private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);

  private final String setting;

  Dialect(String setting) {
    this.setting = setting;
  }

  /** As the command line spells it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Where its secret is configured. */
  public String setting() {
    return setting;
  }

  /**
   * The judge.
   *
   * @param secret as it is configured, several with commas
   * @throws IllegalArgumentException when that is none; without the secret in its message
   * @throws ingest.settings.SettingException likewise
   */
  abstract Scheme scheme(String secret, Settings settings);

  /** Names of the headers that a call has to have: id, time and signature, or the signature. */
  abstract List<String> headers(Map<String, String> given);

  /** How far the signed time may be from ours; of no account where none is signed. */
  Duration tolerance(Settings settings) {
    return FIVE_MINUTES;
  }

  boolean signsTime() {
    return this == DELIVERY || this == RESEND || this == KICK;
  }

  /** The signed time; null where there is none that can be read. */
  @Nullable Instant signedAt(Map<String, String> given) {
    String text = signsTime() ? given.get(headers(given).get(1)) : null;
    if (text == null) {
      return null;
    }
    try {
      return this == KICK
          ? OffsetDateTime.parse(text).toInstant()
          : Instant.ofEpochSecond(Long.parseLong(text));
    } catch (DateTimeException | NumberFormatException e) {
      return null;
    }
  }

  static List<String> each(String secrets) {
    return Arrays.stream(secrets.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static List<Secret> standard(String secrets) {
    return each(secrets).stream().map(Secret::parse).toList();
  }
}
