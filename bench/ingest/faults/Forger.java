package ingest.faults;

import com.github.f4b6a3.ulid.UlidCreator;
import ingest.load.Request;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;

/**
 * Calls that nobody signed: what a genuine one says, under signatures that look like it, so that
 * they are found out no sooner than they have to be; and junk. All have {@link #mark} in them.
 */
final class Forger {
  private static final int SIGNATURE_BYTES = 256;
  private static final int JUNK_BYTES = 512;

  /** Where all chat of forged calls is said. */
  static final int CHANNEL = 710_000_000;

  private final Random random;
  private final CallSigner stranger = new CallSigner();
  private final String mark;
  private final byte[] madeForAnother;
  private long number;

  Forger(long seed) {
    this.random = new Random(seed);
    this.mark = "f0f0f0%08x".formatted(random.nextInt());
    Map<String, String> signed =
        stranger.kick(id(), "chat.message.sent", "{}".getBytes(StandardCharsets.UTF_8));
    this.madeForAnother =
        Base64.getDecoder().decode(signed.getOrDefault("kick-event-signature", ""));
  }

  /** A text that only forged calls of this run have. */
  String mark() {
    return mark;
  }

  private static String id() {
    return UlidCreator.getUlid().toString();
  }

  /** For one thread. */
  Request next() {
    number++;
    String name = "%s%010x".formatted(mark, number);
    return switch ((int) (number % 6)) {
      case 0 -> kick(name, madeForAnother);
      case 1, 2 -> kick(name, noise());
      case 3 -> {
        byte[] body = Senders.email(name);
        yield new Request("/wh/resend", stranger.resend("msg_" + name, body), body);
      }
      case 4 -> {
        byte[] body =
            ("{\"type\":\"applicantReviewed\",\"applicantId\":\"" + name + "\"}")
                .getBytes(StandardCharsets.UTF_8);
        yield new Request("/wh/sumsub", stranger.sumsub(body), body);
      }
      default -> junk(name);
    };
  }

  private Request kick(String name, byte[] signature) {
    return new Request(
        "/wh/kick",
        CallSigner.kick(id(), CallSigner.timestamp(), "chat.message.sent", signature),
        Senders.chat(name, CHANNEL));
  }

  /** Below every modulus, so that it is as much work as a genuine one. */
  private byte[] noise() {
    byte[] bytes = new byte[SIGNATURE_BYTES];
    random.nextBytes(bytes);
    bytes[0] = 0x3f;
    return bytes;
  }

  private Request junk(String name) {
    byte[] noise = new byte[JUNK_BYTES];
    random.nextBytes(noise);
    byte[] body =
        (name + new String(noise, StandardCharsets.ISO_8859_1))
            .getBytes(StandardCharsets.ISO_8859_1);
    return switch (random.nextInt(3)) {
      case 0 -> new Request("/wh/kick", Map.of(), body);
      case 1 ->
          new Request(
              "/wh/sumsub", Map.of("x-payload-digest", HexFormat.of().formatHex(noise)), body);
      default ->
          new Request(
              "/wh/resend",
              Map.of("svix-id", "é", "svix-timestamp", "yesterday", "svix-signature", "v1,"),
              body);
    };
  }
}
