package ingest.outbox;

import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Tombstone;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The only commit point. What {@link #commit} returned for is in the database and will be
 * delivered; what it threw for may be there or not (a connection lost at COMMIT), and calling again
 * with the same intake settles that, because the ids are the same. Thread-safe.
 */
public final class Outbox {
  /** Events of one chunk; positions are bits of {@code delivery_chunk.mask}. */
  static final int CHUNK_EVENTS = 128;

  /** Bytes of one chunk's envelopes; two of the largest fit. */
  static final int CHUNK_BYTES = 2 * Envelope.MAX_BYTES;

  /**
   * All the chunks of an intake are one ascending row of keys: two intakes that overlap in another
   * order would deadlock on their inserts.
   */
  private static final Comparator<Event> BY_ID =
      Comparator.comparing(e -> e.envelope().id(), EventId.ORDER);

  /** For types that no environment gets. */
  private static final List<String> ARCHIVE = List.of("clickhouse");

  /** No partition takes a row: SQLSTATE 23514 of PostgreSQL's tuple routing. */
  private static final String NO_PARTITION = "23514";

  /** Serialization failure, deadlock, a key that another commit brought just now. */
  private static final Set<String> ANOTHER_CAME_BETWEEN = Set.of("40001", "40P01", "23505");

  private static final int TRIES = 5;

  private final DmDatabase dm;
  private final State state;
  private final EventTypes types;
  private final Owners owners;
  private final WakeUp wakeUp;
  private final OutboxMetrics metrics;
  private final IntakeStatement statement;
  private volatile boolean archived;

  @SuppressWarnings("TooManyParameters") // what a commit touches
  public Outbox(
      DmDatabase dm,
      State state,
      EventTypes types,
      Owners owners,
      WakeUp wakeUp,
      OutboxMetrics metrics,
      Duration lease) {
    this.dm = dm;
    this.state = state;
    this.types = types;
    this.owners = owners;
    this.wakeUp = wakeUp;
    this.metrics = metrics;
    this.statement = new IntakeStatement(lease);
  }

  /**
   * Holds an intake against the rules that do not need the database.
   *
   * @throws InvalidEnvelope for an event off its schema, or that shares its id with another of this
   *     intake
   */
  void check(Intake intake) {
    Set<UUID> ids = new HashSet<>();
    for (Envelope envelope : intake.envelopes()) {
      if (!ids.add(envelope.id())) {
        throw new InvalidEnvelope(
            "two events of one intake share the id " + EventId.text(envelope.id()));
      }
      if (!intake.checked()) {
        types.check(envelope);
      }
    }
  }

  /**
   * Commits an intake in one transaction: its events in chunks, then what they and the intake
   * change in {@code dm}, then the events that this brought about.
   *
   * @throws InvalidEnvelope for an event off its schema, over its size, or that shares its id with
   *     another of this intake; nothing is committed then
   * @throws SQLException when it is not known to be committed; the same intake may be tried again
   */
  public Committed commit(Intake intake) throws SQLException {
    check(intake);
    return commit(List.of(intake)).get(0);
  }

  /**
   * Commits intakes that were checked in one transaction, all of them or none. An event that two of
   * them bring is the first one's.
   *
   * @return what became of each, in their order
   * @throws InvalidEnvelope for an event over its size
   */
  List<Committed> commit(List<Intake> brought) throws SQLException {
    List<Intake> intakes = state.covered(brought);
    List<Event> events = events(intakes);
    List<List<IntakeStatement.Member>> groups = groups(events);
    List<Effect> effects =
        new ArrayList<>(
            state.effects(
                events.stream().map(Event::envelope).filter(e -> !Tombstone.is(e)).toList()));
    intakes.forEach(i -> effects.addAll(i.effects()));
    requireArchive();
    for (int tried = 1; ; tried++) {
      try {
        return each(intakes, transaction(groups, effects));
      } catch (SQLException e) {
        if (tried < TRIES && NO_PARTITION.equals(e.getSQLState())) {
          new Partitions(dm).make();
        } else if (tried == TRIES
            || !ANOTHER_CAME_BETWEEN.contains(String.valueOf(e.getSQLState()))) {
          throw e;
        }
      }
    }
  }

  /** The ids that are in the outbox by this. */
  private Set<UUID> transaction(List<List<IntakeStatement.Member>> groups, List<Effect> effects)
      throws SQLException {
    Map<String, UUID> lanes = owners.withRoom();
    long since = System.nanoTime();
    List<Derived> derived = new ArrayList<>();
    List<IntakeStatement.Group> committed =
        dm.transaction(
            tx -> {
              List<IntakeStatement.Group> done = insert(tx, groups, lanes);
              Set<UUID> fresh = fresh(done);
              for (Effect effect : effects) {
                derived.addAll(effect.write(tx, fresh));
              }
              for (Derived event : derived) {
                types.check(event.envelope());
              }
              done.addAll(insert(tx, groups(derived.stream().map(Event::of).toList()), lanes));
              return done;
            });
    boolean due = committed.stream().map(g -> handOver(g, since)).reduce(false, (a, b) -> a || b);
    wakeUp.committed(due);
    Set<UUID> written = fresh(committed);
    derived.forEach(d -> metrics.event(d.envelope(), written.contains(d.envelope().id())));
    return written;
  }

  /** What became of each intake; of those that bring one event it is the first one's. */
  private List<Committed> each(List<Intake> intakes, Set<UUID> written) {
    metrics.commit(intakes.size());
    Set<UUID> left = new HashSet<>(written);
    List<Committed> all = new ArrayList<>();
    for (Intake intake : intakes) {
      Set<UUID> fresh = new HashSet<>();
      Set<UUID> duplicates = new HashSet<>();
      for (Envelope envelope : intake.envelopes()) {
        boolean first = left.remove(envelope.id());
        (first ? fresh : duplicates).add(envelope.id());
        metrics.event(envelope, first);
      }
      all.add(new Committed(fresh, duplicates));
    }
    return all;
  }

  private List<IntakeStatement.Group> insert(
      Connection tx, List<List<IntakeStatement.Member>> groups, Map<String, UUID> own)
      throws SQLException {
    List<IntakeStatement.Group> inserted = new ArrayList<>();
    for (List<IntakeStatement.Member> group : groups) {
      inserted.add(statement.insert(tx, group, own));
    }
    return inserted;
  }

  /**
   * An event on its way into the statement; without targets it goes to those that take its type.
   */
  private record Event(Envelope envelope, List<String> targets, @Nullable Original original) {
    static Event of(Derived derived) {
      return new Event(derived.envelope(), derived.targets(), null);
    }
  }

  /** Each event once, with its channel's id where a mapper could not know it. */
  private List<Event> events(List<Intake> intakes) throws SQLException {
    List<Envelope> envelopes = new ArrayList<>();
    intakes.forEach(i -> envelopes.addAll(i.envelopes()));
    Map<String, String> channels = state.channels(envelopes);
    Set<UUID> ids = new HashSet<>();
    List<Event> events = new ArrayList<>();
    for (Intake intake : intakes) {
      for (Envelope e : intake.envelopes()) {
        if (ids.add(e.id())) {
          String channel = e.channelid() == null ? channels.get(e.subject()) : null;
          events.add(new Event(channel == null ? e : e.of(channel), targets(e), intake.original()));
        }
      }
    }
    return events;
  }

  private List<String> targets(Envelope envelope) {
    return types
        .find(envelope.type())
        .filter(t -> t.environment() == EventType.Environment.NEVER)
        .map(t -> ARCHIVE)
        .orElse(List.of());
  }

  /** True when a chunk of the group is left for a claim. */
  private boolean handOver(IntakeStatement.Group group, long since) {
    boolean due = false;
    for (IntakeStatement.Delivery delivery : group.deliveries()) {
      if (delivery.owned()) {
        List<OutboxEvent> events =
            group.events().stream()
                .filter(e -> delivery.mask() == null || delivery.mask().charAt(e.position) == '1')
                .toList();
        owners.take(delivery.target(), group.day(), group.number(), events, since);
      } else {
        due = true;
      }
    }
    return due;
  }

  private static List<List<IntakeStatement.Member>> groups(List<Event> events) {
    List<List<IntakeStatement.Member>> groups = new ArrayList<>();
    List<IntakeStatement.Member> group = new ArrayList<>();
    int bytes = 0;
    for (Event event : events.stream().sorted(BY_ID).toList()) {
      byte[] json = event.envelope().toBytes();
      if (group.size() == CHUNK_EVENTS || bytes + json.length > CHUNK_BYTES) {
        groups.add(group);
        group = new ArrayList<>();
        bytes = 0;
      }
      group.add(
          new IntakeStatement.Member(
              event.envelope(), event.targets(), event.original(), group.size(), json));
      bytes += json.length;
    }
    if (!group.isEmpty()) {
      groups.add(group);
    }
    return groups;
  }

  /**
   * Without the archive's row in {@code ingest.target} an event would be accepted and never kept.
   */
  private void requireArchive() throws SQLException {
    if (archived) {
      return;
    }
    try (Connection connection = dm.connection();
        PreparedStatement query =
            connection.prepareStatement("SELECT FROM ingest.target WHERE kind = 'clickhouse'");
        ResultSet rows = query.executeQuery()) {
      if (!rows.next()) {
        throw new SQLException(
            "ingest.target has no row of kind clickhouse: run bin/ingest migrate", "55000");
      }
      archived = true;
    }
  }

  private static Set<UUID> fresh(List<IntakeStatement.Group> groups) {
    Set<UUID> fresh = new HashSet<>();
    groups.forEach(g -> g.events().forEach(e -> fresh.add(e.id)));
    return fresh;
  }
}
