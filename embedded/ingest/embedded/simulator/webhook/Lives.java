package ingest.embedded.simulator.webhook;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Applicants or e-mails on their way: a few at a time, each with the calls that tell of it, in
 * order. Not thread-safe.
 */
final class Lives {
  private static final int AT_A_TIME = 6;

  /** What applicants go through; the reviews say themselves how they ended. */
  static final List<List<String>> APPLICANTS =
      List.of(
          List.of("applicantCreated", "applicantPending", "applicantReviewed-green"),
          List.of(
              "applicantCreated", "applicantPending", "applicantOnHold", "applicantReviewed-green"),
          List.of(
              "applicantCreated",
              "applicantPending",
              "applicantReviewed-red-retry",
              "applicantPending",
              "applicantReviewed-green"),
          List.of("applicantCreated", "applicantPending", "applicantReviewed-red-final"));

  /** What e-mails go through. */
  static final List<List<String>> EMAILS =
      List.of(
          List.of("email.sent", "email.delivered"),
          List.of("email.sent", "email.delivered", "email.opened"),
          List.of("email.sent", "email.delivered", "email.opened", "email.clicked"),
          List.of("email.sent", "email.delivery_delayed", "email.delivered"),
          List.of("email.sent", "email.bounced"),
          List.of("email.sent", "email.delivered", "email.complained"));

  private record Life(Story story, Deque<String> ahead) {}

  private final SendingParty party;
  private final List<List<String>> ways;
  private final Templates templates;
  private final SplittableRandom random;
  private final List<Life> going = new ArrayList<>();

  Lives(SendingParty party, List<List<String>> ways, Templates templates, SplittableRandom random) {
    this.party = party;
    this.ways = ways;
    this.templates = templates;
    this.random = random;
  }

  /** The next thing that happens to one of them, or to a new one. */
  Notification next(Instant now) {
    int chosen = random.nextInt(AT_A_TIME);
    if (chosen >= going.size()) {
      chosen = going.size();
      going.add(
          new Life(new Story(random), new ArrayDeque<>(ways.get(random.nextInt(ways.size())))));
    }
    Life life = going.get(chosen);
    String template = life.ahead().remove();
    if (life.ahead().isEmpty()) {
      going.remove(chosen);
    }
    return new Notification(
        party, template, life.story().tell(templates.body(party, template), now));
  }
}
