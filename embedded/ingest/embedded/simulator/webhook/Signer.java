package ingest.embedded.simulator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs as each sender documents it. */
final class Signer {
  private static final String SHA256 = "HmacSHA256";

  private final SenderKeys keys;

  Signer(SenderKeys keys) {
    this.keys = keys;
  }

  /** A message's id: the same over its retries. */
  static String newId(SendingParty party) {
    RandomGenerator random = new SplittableRandom();
    return switch (party) {
      case KICK -> MessageIds.ulid(random);
      case RESEND -> MessageIds.svix(random);
      case SCRAPERAPI -> "simulated-" + MessageIds.ulid(random);
      case SUMSUB, X -> "";
    };
  }

  /**
   * The call that tells it.
   *
   * @param sent the time of this attempt
   */
  SignedCall sign(Notification told, String id, Instant sent) {
    String body = told.body();
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("content-type", "application/json");
    String path = "/wh/" + told.party().word();
    switch (told.party()) {
      case KICK -> {
        String time = sent.truncatedTo(ChronoUnit.SECONDS).toString();
        headers.put("kick-event-message-id", id);
        headers.put("kick-event-subscription-id", MessageIds.ulid(new SplittableRandom()));
        headers.put("kick-event-signature", rsa(id + "." + time + "." + body));
        headers.put("kick-event-message-timestamp", time);
        headers.put("kick-event-type", told.type());
        headers.put("kick-event-version", "1");
      }
      case SUMSUB -> {
        headers.put(
            "X-Payload-Digest", HexFormat.of().formatHex(hmac(keys.sumsub.getBytes(UTF_8), body)));
        headers.put("X-Payload-Digest-Alg", "HMAC_SHA256_HEX");
      }
      case RESEND -> {
        String time = Long.toString(sent.getEpochSecond());
        byte[] key = Base64.getDecoder().decode(keys.resend.substring("whsec_".length()));
        headers.put("svix-id", id);
        headers.put("svix-timestamp", time);
        headers.put("svix-signature", "v1," + base64(hmac(key, id + "." + time + "." + body)));
      }
      case X ->
          headers.put(
              "x-twitter-webhooks-signature",
              "sha256=" + base64(hmac(keys.x.getBytes(UTF_8), body)));
      case SCRAPERAPI ->
          path +=
              "/"
                  + id
                  + "."
                  + Base64.getUrlEncoder()
                      .withoutPadding()
                      .encodeToString(hmac(keys.scraperapi.getBytes(UTF_8), id));
    }
    return new SignedCall(told, id, path, headers, false);
  }

  /** What X wants to be answered to a challenge. */
  String challenged(String token) {
    return "sha256=" + base64(hmac(keys.x.getBytes(UTF_8), token));
  }

  private String rsa(String text) {
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(keys.kick.getPrivate());
      signature.update(text.getBytes(UTF_8));
      return base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance(SHA256);
      mac.init(new SecretKeySpec(key, SHA256));
      return mac.doFinal(text.getBytes(UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
