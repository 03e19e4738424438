package ingest.embedded.simulator.webhook;

import ingest.embedded.simulator.World;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What happens at the senders when it is asked for: a call of each type, or a story in order. */
final class Happenings {
  final Templates templates = Templates.read();
  final KickHappenings kick;

  Happenings(World world) {
    this.kick = new KickHappenings(world, templates);
  }

  /** A new one of this template. */
  Notification of(SendingParty party, String template, Instant now) {
    SplittableRandom random = new SplittableRandom();
    return party == SendingParty.KICK
        ? kick.of(template, now, random)
        : new Notification(
            party, template, new Story(random).tell(templates.body(party, template), now));
  }

  /** One of a type that the sender has never had. */
  Notification unknown(SendingParty party, Instant now) {
    return new Notification(
        party,
        party.unknownType(),
        new Story(new SplittableRandom()).tell(party.unknownBody(), now));
  }

  /** Several about one thing, a second apart, the latest now. */
  List<Notification> story(SendingParty party, Instant now) {
    SplittableRandom random = new SplittableRandom();
    if (party == SendingParty.KICK) {
      return kick.story(now, random);
    }
    Story story = new Story(random);
    List<Notification> told = new ArrayList<>();
    List<String> steps =
        switch (party) {
          case SUMSUB -> Lives.APPLICANTS.get(0);
          case RESEND -> Lives.EMAILS.get(1);
          case X -> List.of("follow_events", "unfollow_events");
          case KICK, SCRAPERAPI -> throw new IllegalArgumentException(party.word());
        };
    for (String template : steps) {
      Instant at = now.minus(Duration.ofSeconds(steps.size() - 1L - told.size()));
      told.add(new Notification(party, template, story.tell(templates.body(party, template), at)));
    }
    return told;
  }
}
