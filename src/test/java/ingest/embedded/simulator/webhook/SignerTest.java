package ingest.embedded.simulator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Against signatures that others have made, or that the JDK verifies. */
class SignerTest {
  private static final KeyPair RSA = SenderKeys.rsa();
  private static final Instant SENT = Instant.ofEpochSecond(1_790_219_701L, 999_000_000);

  @Test
  void kick_signs_id_time_and_body_with_the_key_that_it_publishes() throws Exception {
    SenderKeys keys = new SenderKeys(RSA, "a", "whsec_", "a", "a");
    Map<String, String> headers =
        new Signer(keys)
            .sign(new Notification(SendingParty.KICK, "channel.followed", "{}"), "01ID", SENT)
            .headers();
    assertEquals("2026-09-24T03:15:01Z", headers.get("kick-event-message-timestamp"));
    assertEquals("channel.followed", headers.get("kick-event-type"));
    String pem = keys.kickPublicKey();
    assertTrue(pem.startsWith("-----BEGIN PUBLIC KEY-----\n"), pem);
    assertTrue(pem.lines().allMatch(line -> line.length() <= 64), pem);
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(
        KeyFactory.getInstance("RSA")
            .generatePublic(
                new X509EncodedKeySpec(
                    Base64.getMimeDecoder().decode(pem.replaceAll("-----.*", "")))));
    signature.update("01ID.2026-09-24T03:15:01Z.{}".getBytes(UTF_8));
    assertTrue(
        signature.verify(
            Base64.getDecoder().decode(headers.getOrDefault("kick-event-signature", ""))));
  }

  @Test
  void resend_signs_as_svix_does() {
    Signer signer =
        new Signer(new SenderKeys(RSA, "a", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a", "a"));
    String body =
        "{\"type\":\"email.delivered\",\"created_at\":\"2026-09-24T03:15:01.126Z\",\"data\":{\"email_id\":\"00000000-0000-4000-8000-000000000001\",\"created_at\":\"2026-09-24T03:15:00.894Z\",\"from\":\"hello@mail.example.com\",\"to\":[\"person@example.org\"],\"subject\":\"Confirm your address\"}}";
    Map<String, String> headers =
        signer
            .sign(
                new Notification(SendingParty.RESEND, "email.delivered", body),
                "msg_2exampleResendMessage0001",
                SENT)
            .headers();
    assertEquals("1790219701", headers.get("svix-timestamp"));
    assertEquals("v1,awDx5scbKCLCmU84uwvs/luhVsNnvRMhU+jTu6N4jn0=", headers.get("svix-signature"));
  }

  @Test
  void sumsub_signs_the_body_alone() {
    Map<String, String> headers =
        new Signer(new SenderKeys(RSA, "SoMe_SeCrEt_KeY", "whsec_", "a", "a"))
            .sign(new Notification(SendingParty.SUMSUB, "any", "someText"), "", SENT)
            .headers();
    assertEquals(
        "7f3beedce7529616a9d6bba59dc1b054a7247cef67f6acff2600864399f47fe0",
        headers.get("X-Payload-Digest"));
    assertEquals("HMAC_SHA256_HEX", headers.get("X-Payload-Digest-Alg"));
  }

  @Test
  void x_signs_the_body_and_expects_its_challenge_to_be_signed() {
    Signer signer = new Signer(new SenderKeys(RSA, "a", "whsec_", "example-consumer-secret", "a"));
    String body =
        "{\"for_user_id\":\"1000000000000000001\",\"tweet_delete_events\":[{\"status\":{\"id\":\"2100000000000000001\",\"user_id\":\"1000000000000000001\"},\"timestamp_ms\":\"1790219703593\"}]}";
    assertEquals(
        "sha256=h+loiaGQ/r3An/8TxmxtA/K7nvo9rFGJE3gcnaxkbpI=",
        signer
            .sign(new Notification(SendingParty.X, "tweet_delete_events", body), "", SENT)
            .headers()
            .get("x-twitter-webhooks-signature"));
    assertEquals(
        "sha256=FUGsj1CM+9dnsPtxPPodzJ/OCr3NFjeKz6h5cUbEy1A=", signer.challenged("MDEyMzQ1Njc4OQ"));
  }

  /** The HMAC is that of x-crc-computed-2, in the other alphabet and without padding. */
  @Test
  void the_address_that_scraperapi_calls_has_the_jobs_key_and_its_hmac() {
    assertEquals(
        "/wh/scraperapi/MDEyMzQ1Njc4OQ.FUGsj1CM-9dnsPtxPPodzJ_OCr3NFjeKz6h5cUbEy1A",
        new Signer(new SenderKeys(RSA, "a", "whsec_", "a", "example-consumer-secret"))
            .sign(
                new Notification(SendingParty.SCRAPERAPI, "finished", "{}"), "MDEyMzQ1Njc4OQ", SENT)
            .path());
  }

  @Test
  void keys_show_nothing_of_themselves() {
    SenderKeys keys = new SenderKeys(RSA, "s3cret", "whsec_s3cret", "s3cret", "s3cret");
    assertFalse(new Receiver(URI.create("http://a"), keys, 0).toString().contains("s3cret"));
  }
}
