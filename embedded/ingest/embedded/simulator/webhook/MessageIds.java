package ingest.embedded.simulator.webhook;

import com.github.f4b6a3.ulid.Ulid;
import java.time.Clock;
import java.util.random.RandomGenerator;

/** Ids as the senders make them. */
final class MessageIds {
  private MessageIds() {}

  /** A ULID of now, which is what Kick names messages and subscriptions by. */
  static String ulid(RandomGenerator random) {
    byte[] entropy = new byte[10];
    random.nextBytes(entropy);
    return new Ulid(Clock.systemUTC().millis(), entropy).toString();
  }

  /** What Svix names messages by. */
  static String svix(RandomGenerator random) {
    return "msg_" + ulid(random);
  }
}
