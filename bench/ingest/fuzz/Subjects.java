package ingest.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.svix.Webhook;
import com.svix.exceptions.EmptyWebhookSecretException;
import com.svix.exceptions.WebhookSigningException;
import ingest.envelope.EventTypes;
import ingest.kick.KickPublicKeys;
import ingest.kick.KickSignature;
import ingest.mapping.Mapper;
import ingest.scraperapi.CallbackToken;
import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import ingest.signature.Secret;
import ingest.signature.Svix;
import ingest.sumsub.PayloadDigest;
import ingest.webhook.CallMapping;
import ingest.webhook.CallPairs;
import ingest.webhook.Sender;
import ingest.x.XSignature;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Every verifier and every sender's mappers, with recorded calls that are signed here. */
final class Subjects {
  private static final Instant NOW = CallPairs.ARRIVED;
  private static final String OLD = "of last year";
  private static final String NEW = "of this year";
  private static final List<PlainSecret> SECRETS = PlainSecret.all(List.of(NEW, OLD));

  private final Map<String, List<Sample>> recorded = new TreeMap<>();

  private Subjects() throws IOException {
    for (Sender sender : CallPairs.found(Sender.class)) {
      List<Sample> calls = new ArrayList<>();
      for (String name : CallPairs.cases(sender)) {
        calls.add(new Sample(CallPairs.headers(sender, name), CallPairs.body(sender, name)));
      }
      recorded.put(sender.source(), calls);
    }
  }

  static List<Subject> all() throws IOException, GeneralSecurityException {
    Subjects subjects = new Subjects();
    List<Subject> all = new ArrayList<>();
    all.add(subjects.kick());
    all.add(subjects.sumsub());
    all.add(subjects.x());
    all.add(subjects.resend());
    all.add(subjects.scraperApi());
    EventTypes types = EventTypes.load(Path.of("routes"));
    CallMapping mapping =
        new CallMapping(
            CallPairs.found(Mapper.class), types, Set.copyOf(subjects.recorded.keySet()));
    for (Sender sender : CallPairs.found(Sender.class)) {
      all.add(new MapperSubject(sender, mapping, types, subjects.of(sender.source())));
    }
    return all;
  }

  private List<Sample> of(String source) {
    List<Sample> calls = recorded.getOrDefault(source, List.of());
    if (calls.isEmpty()) {
      throw new IllegalStateException("there is no recorded call of " + source);
    }
    return calls;
  }

  private Subject kick() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair keys = generator.generateKeyPair();
    String pem =
        "-----BEGIN PUBLIC KEY-----"
            + Base64.getEncoder().encodeToString(keys.getPublic().getEncoded())
            + "-----END PUBLIC KEY-----";
    List<Sample> signed = new ArrayList<>();
    for (Sample call : of("kick")) {
      Map<String, String> headers = new TreeMap<>(call.headers);
      headers.put("kick-event-message-id", "01M38NRB4G52F52XF05HW8RBA" + signed.size() % 10);
      headers.put("kick-event-message-timestamp", "2026-09-24T03:15:01Z");
      Signature rsa = Signature.getInstance("SHA256withRSA");
      rsa.initSign(keys.getPrivate());
      rsa.update(coveredByKick(headers).getBytes(US_ASCII));
      rsa.update(call.body);
      headers.put("kick-event-signature", Base64.getEncoder().encodeToString(rsa.sign()));
      signed.add(new Sample(headers, call.body));
    }
    return new VerifierSubject(
        "kick",
        new KickSignature(KickPublicKeys.configured(pem), Duration.ofMinutes(10)),
        NOW,
        signed,
        call -> coveredByKick(call.headers) + VerifierSubject.text(call.body));
  }

  private static String coveredByKick(Map<String, String> headers) {
    return headers.get("kick-event-message-id")
        + "."
        + headers.get("kick-event-message-timestamp")
        + ".";
  }

  private Subject sumsub() throws GeneralSecurityException {
    Map<String, String> algorithms =
        Map.of("HMAC_SHA256_HEX", "HmacSHA256", "HMAC_SHA512_HEX", "HmacSHA512");
    List<Sample> signed = new ArrayList<>();
    for (Sample call : of("sumsub")) {
      for (Map.Entry<String, String> algorithm : algorithms.entrySet()) {
        Map<String, String> headers = new TreeMap<>(call.headers);
        headers.put("x-payload-digest-alg", algorithm.getKey());
        headers.put(
            "x-payload-digest",
            HexFormat.of().formatHex(hmac(algorithm.getValue(), OLD, call.body)));
        signed.add(new Sample(headers, call.body));
      }
    }
    return new VerifierSubject(
        "sumsub",
        new PayloadDigest(SECRETS, List.of(Hmac.SHA256, Hmac.SHA512)),
        NOW,
        signed,
        call -> VerifierSubject.text(call.body));
  }

  private Subject x() throws GeneralSecurityException {
    List<Sample> signed = new ArrayList<>();
    for (Sample call : of("x")) {
      Map<String, String> headers = new TreeMap<>(call.headers);
      headers.put(
          "x-twitter-webhooks-signature",
          "sha256=" + Base64.getEncoder().encodeToString(hmac("HmacSHA256", OLD, call.body)));
      signed.add(new Sample(headers, call.body));
    }
    return new VerifierSubject(
        "x", new XSignature(SECRETS), NOW, signed, call -> VerifierSubject.text(call.body));
  }

  /** Half of them under the names of the standard. */
  private Subject resend() {
    String secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    List<Sample> signed = new ArrayList<>();
    for (Sample call : of("resend")) {
      String family = signed.size() % 2 == 0 ? "svix" : "webhook";
      String id = "msg_" + signed.size();
      Map<String, String> headers = new TreeMap<>();
      headers.put(family + "-id", id);
      headers.put(family + "-timestamp", Long.toString(NOW.getEpochSecond()));
      try {
        headers.put(
            family + "-signature",
            new Webhook(secret).sign(id, NOW.getEpochSecond(), new String(call.body, UTF_8)));
      } catch (EmptyWebhookSecretException | WebhookSigningException e) {
        throw new IllegalStateException(e);
      }
      signed.add(new Sample(headers, call.body));
    }
    return new VerifierSubject(
        "resend",
        new Svix(List.of(Secret.parse(secret))),
        NOW,
        signed,
        call ->
            List.of("id", "timestamp").stream()
                    .map(
                        n ->
                            call.headers.getOrDefault(
                                "svix-" + n, call.headers.get("webhook-" + n)))
                    .collect(Collectors.joining("."))
                + "."
                + VerifierSubject.text(call.body));
  }

  private Subject scraperApi() throws GeneralSecurityException {
    List<Sample> signed = new ArrayList<>();
    for (Sample call : of("scraperapi")) {
      String key = "01K8ZF6T3Q5W9X7Y2N4M8B1C0" + signed.size() % 10;
      String token =
          key
              + "."
              + Base64.getUrlEncoder()
                  .withoutPadding()
                  .encodeToString(hmac("HmacSHA256", OLD, key.getBytes(US_ASCII)));
      signed.add(new Sample(Map.of("token", token), call.body));
    }
    return new VerifierSubject(
        "scraperapi",
        new CallbackToken(SECRETS),
        NOW,
        signed,
        call -> call.headers.getOrDefault("token", "").split("\\.", 2)[0]);
  }

  private static byte[] hmac(String algorithm, String secret, byte[] text)
      throws GeneralSecurityException {
    Mac mac = Mac.getInstance(algorithm);
    mac.init(new SecretKeySpec(secret.getBytes(UTF_8), algorithm));
    return mac.doFinal(text);
  }
}
