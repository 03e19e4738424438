package ingest.bench;

import com.svix.Webhook;
import ingest.load.Request;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * Calls of Resend with bodies of {@link #BYTES} bytes, signed before the clock runs, each of an
 * e-mail of its own. A signature is good for five minutes.
 */
final class Hooks {
  static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  static final int BYTES = 1_024;
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-";

  private final String path;
  private final Random random = new Random(5);
  private int made;

  Hooks(String path) {
    this.path = path;
  }

  /** That many that were never sent. */
  Iterator<Request> next(int number) {
    try {
      Webhook signer = new Webhook(SECRET);
      List<Request> requests = new ArrayList<>(number);
      String begun = Long.toString(System.nanoTime(), 36);
      for (int i = 0; i < number; i++) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        String id = "msg_" + begun + made++;
        String body = body(now);
        String signature = signer.sign(id, now.getEpochSecond(), body);
        requests.add(
            new Request(
                path,
                Map.of(
                    "user-agent",
                    "Svix-Webhooks/1.0",
                    "svix-id",
                    id,
                    "svix-timestamp",
                    Long.toString(now.getEpochSecond()),
                    "svix-signature",
                    signature),
                body.getBytes(StandardCharsets.UTF_8)));
      }
      return requests.iterator();
    } catch (Exception e) {
      throw new IllegalStateException("a call cannot be signed", e);
    }
  }

  private String body(Instant now) {
    String head =
        """
        {"type":"email.delivered","created_at":"%s","data":{"email_id":"%s","created_at":"%s","from":"hello@mail.example.com","to":["person@example.org"],"subject":"\
        """
            .strip()
            .formatted(now, new UUID(random.nextLong(), random.nextLong()), now);
    String tail = "\"}}";
    StringBuilder body = new StringBuilder(head);
    while (body.length() < BYTES - tail.length()) {
      body.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return body.append(tail).toString();
  }
}
