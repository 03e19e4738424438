package ingest.erasure;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Persons;
import ingest.operation.Actor;
import ingest.operation.OperationFailed;
import ingest.operation.Operations;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * {@code ingest.erasure}: who is being erased, and the hashes of who was. In the operation and in
 * the audit stands the number of the erasure alone. Thread-safe.
 */
public final class Erasures {
  /** The kind of the operation. */
  public static final String KIND = "erase";

  /**
   * What happens within this time after the wish counts as before it: clocks of upstreams may be
   * ahead by as much, and what is on its way arrives.
   */
  static final Duration AFTER = Duration.ofMinutes(2);

  private static final String BEGIN =
      """
      INSERT INTO ingest.erasure (identities, until, dry_run, created_at)
      VALUES (?, ingest.now() + make_interval(secs => ?), ?, ingest.now()) RETURNING id
      """;

  private static final String READ =
      "SELECT identities, until, dry_run, created_at FROM ingest.erasure WHERE id = ?";

  private static final String LEARN =
      "UPDATE ingest.erasure SET identities = ? WHERE id = ? AND identities IS NOT NULL";

  /** From then on no commit brings them in, as soon as its process has looked. */
  private static final String GUARD =
      """
      INSERT INTO ingest.erased_identity AS e (hash, names, until, erasure)
      SELECT encode(sha256(convert_to(s.salt || i, 'UTF8')), 'hex'), starts_with(i, ?), x.until, x.id
      FROM ingest.erasure x, ingest.erasure_salt s, unnest(x.identities) i
      WHERE x.id = ? AND NOT x.dry_run
      ON CONFLICT (hash) DO UPDATE SET until = excluded.until, erasure = excluded.erasure
      WHERE e.until < excluded.until
      """;

  private static final String HASHES =
      """
      SELECT encode(sha256(convert_to(s.salt || i, 'UTF8')), 'hex') AS hash
      FROM ingest.erasure_salt s, unnest(?::text[]) i ORDER BY hash
      """;

  private static final String SALT = "SELECT salt FROM ingest.erasure_salt";

  private static final String FORGET =
      "UPDATE ingest.erasure SET identities = NULL, ended_at = ingest.now() WHERE id = ? AND ended_at IS NULL";

  private static final String FORGET_CHUNKS = "DELETE FROM ingest.erased_chunk WHERE erasure = ?";

  private final DmDatabase dm;

  public Erasures(DmDatabase dm) {
    this.dm = dm;
  }

  /**
   * Begins an erasure and its operation in one transaction.
   *
   * @return the operation
   */
  public long begin(Collection<String> identities, boolean dryRun, Actor actor)
      throws SQLException {
    return dm.transaction(tx -> begin(tx, identities, dryRun, actor));
  }

  /** The same in a transaction of somebody else's. */
  static long begin(Connection tx, Collection<String> identities, boolean dryRun, Actor actor)
      throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(BEGIN)) {
      insert.setArray(1, tx.createArrayOf("text", identities.toArray()));
      insert.setDouble(2, (double) AFTER.toSeconds());
      insert.setBoolean(3, dryRun);
      try (ResultSet rows = insert.executeQuery()) {
        rows.next();
        long erasure = rows.getLong(1);
        guard(tx, erasure);
        ObjectNode request =
            JsonNodeFactory.instance.objectNode().put("erasure", erasure).put("dry_run", dryRun);
        return Operations.begin(tx, KIND, request, null, null, actor);
      }
    }
  }

  private static void guard(Connection tx, long erasure) throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(GUARD)) {
      insert.setString(1, Persons.NAME);
      insert.setLong(2, erasure);
      insert.executeUpdate();
    }
  }

  /**
   * Reads one that goes on.
   *
   * @throws OperationFailed when it has ended: nobody knows any more who was meant
   */
  Erasure read(long id) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(READ)) {
      query.setLong(1, id);
      try (ResultSet rows = query.executeQuery()) {
        if (!rows.next() || rows.getArray("identities") == null) {
          throw new OperationFailed(
              "erasure %d has ended, and nobody knows any more who was meant".formatted(id));
        }
        return new Erasure(
            id,
            new Person(Arrays.asList((String[]) rows.getArray("identities").getArray())),
            rows.getObject("until", OffsetDateTime.class).toInstant(),
            rows.getBoolean("dry_run"),
            rows.getObject("created_at", OffsetDateTime.class).toInstant());
      }
    }
  }

  /** Writes down what was learned of the person, in the transaction that used it. */
  static void learned(Connection tx, Erasure erasure) throws SQLException {
    try (PreparedStatement update = tx.prepareStatement(LEARN)) {
      update.setArray(1, tx.createArrayOf("text", erasure.person().identities().toArray()));
      update.setLong(2, erasure.id());
      update.executeUpdate();
    }
    guard(tx, erasure.id());
  }

  String salt() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(SALT);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      return rows.getString(1);
    }
  }

  List<String> hashes(Person person) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(HASHES)) {
      query.setArray(1, connection.createArrayOf("text", person.identities().toArray()));
      try (ResultSet rows = query.executeQuery()) {
        List<String> hashes = new ArrayList<>();
        while (rows.next()) {
          hashes.add(rows.getString("hash"));
        }
        return hashes;
      }
    }
  }

  /** The end of it: who was meant is not known any more. */
  static void forget(Connection tx, long id) throws SQLException {
    for (String statement : List.of(FORGET, FORGET_CHUNKS)) {
      try (PreparedStatement update = tx.prepareStatement(statement)) {
        update.setLong(1, id);
        update.executeUpdate();
      }
    }
  }
}
