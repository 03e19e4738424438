package ingest.erasure;

import ingest.envelope.Envelope;
import ingest.envelope.Persons;
import ingest.envelope.Tombstone;
import ingest.operation.Actor;
import ingest.outbox.Derived;
import ingest.outbox.Effect;
import ingest.outbox.Intake;
import ingest.outbox.Original;
import ingest.outbox.State;
import ingest.store.DmDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What happened before an erasure and names who was erased is committed as a tombstone: a webhook
 * that comes late, a call that is fed again. And where a third party says that it has deleted a
 * person's data, that begins an erasure here, in the commit of its event.
 *
 * <p>Who was erased is read every other second, when something is committed that is older than the
 * last erasure; almost nothing is. An erasure waits for longer than that before it begins to look.
 */
public final class ErasedState implements State {
  /** How old what is known here may be. */
  static final Duration FRESH = Duration.ofSeconds(2);

  private static final String DELETED = "sumsub.applicant.personal_data_deleted";

  private static final Actor SUMSUB = new Actor("sumsub", "applicantPersonalDataDeleted");

  private static final String READ =
      "SELECT hash, names, until, (SELECT salt FROM ingest.erasure_salt) AS salt FROM ingest.erased_identity";

  private record Known(
      String salt, boolean names, Map<String, Instant> until, Instant latest, long readAt) {}

  private final DmDatabase dm;
  private volatile @Nullable Known known;

  public ErasedState(DmDatabase dm) {
    this.dm = dm;
  }

  @Override
  public Map<String, String> channels(Collection<Envelope> envelopes) {
    return Map.of();
  }

  @Override
  public List<Effect> effects(List<Envelope> envelopes) {
    return envelopes.stream()
        .filter(e -> e.type().equals(DELETED))
        .<Effect>map(DataDeleted::new)
        .toList();
  }

  @Override
  public List<Intake> covered(List<Intake> intakes) throws SQLException {
    Known erased = known();
    if (erased.until.isEmpty()) {
      return intakes;
    }
    List<Intake> covered = new ArrayList<>();
    for (Intake intake : intakes) {
      covered.add(covered(intake, erased));
    }
    return covered;
  }

  private static Intake covered(Intake intake, Known erased) {
    if (intake.envelopes().stream().allMatch(e -> e.time().isAfter(erased.latest))) {
      return intake;
    }
    boolean any = false;
    List<Envelope> events = new ArrayList<>();
    for (Envelope event : intake.envelopes()) {
      boolean names =
          !event.time().isAfter(erased.latest)
              && named(erased, Persons.in(event, erased.names), event.time());
      any |= names;
      events.add(names ? Tombstone.of(event) : event);
    }
    Original call = intake.original();
    boolean inCall =
        call != null
            && (any
                || named(
                    erased,
                    Persons.in(
                        events.get(0).source(),
                        new String(call.body, StandardCharsets.UTF_8),
                        erased.names),
                    events.get(0).time()));
    return any || inCall
        ? new Intake(events, intake.effects(), inCall ? null : call, intake.checked())
        : intake;
  }

  private static boolean named(Known erased, Set<String> identities, Instant at) {
    return identities.stream()
        .map(identity -> erased.until.get(Persons.pseudonym(erased.salt, identity)))
        .anyMatch(until -> until != null && !at.isAfter(until));
  }

  private Known known() throws SQLException {
    Known last = known;
    long now = System.nanoTime();
    if (last == null || now - last.readAt > FRESH.toNanos()) {
      last = read(now);
      known = last;
    }
    return last;
  }

  private Known read(long now) throws SQLException {
    Map<String, Instant> until = new HashMap<>();
    String salt = "";
    boolean names = false;
    Instant latest = Instant.MIN;
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(READ);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        Instant end = rows.getObject("until", OffsetDateTime.class).toInstant();
        until.put(rows.getString("hash"), end);
        salt = rows.getString("salt");
        names |= rows.getBoolean("names");
        latest = end.isAfter(latest) ? end : latest;
      }
    }
    return new Known(salt, names, until, latest, now);
  }

  /** Their data is deleted where it came from; once, however often that is told. */
  private static final class DataDeleted implements Effect {
    private final UUID event;
    private final String applicant;

    DataDeleted(Envelope event) {
      this.event = event.id();
      this.applicant = event.data().path("applicant_id").asText();
    }

    @Override
    public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
      if (fresh.contains(event)) {
        Erasures.begin(tx, List.of("sumsub:" + applicant), false, SUMSUB);
      }
      return List.of();
    }
  }
}
