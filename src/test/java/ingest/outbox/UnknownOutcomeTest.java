package ingest.outbox;

import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.intake;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import ingest.envelope.EventTypes;
import ingest.store.DmDatabase;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an intake comes to whose commit was not answered. */
class UnknownOutcomeTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final EventTypes TYPES = AcmeEvents.types();

  private static Outbox outbox(DmDatabase dm, WakeUp wakeUp) {
    OutboxMetrics metrics = new OutboxMetrics(new SimpleMeterRegistry(), TYPES);
    return new Outbox(dm, State.NONE, TYPES, Owners.NONE, wakeUp, metrics, Duration.ofSeconds(60));
  }

  private static long committed() {
    return STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox");
  }

  @ParameterizedTest(name = "cut {0}: {1} events are there, and all of them after another try")
  @CsvSource({"BEFORE_THE_SERVER_READS_COMMIT, 0", "AFTER_THE_SERVER_COMMITTED, 200"})
  void a_connection_lost_at_COMMIT_is_an_error_and_the_same_intake_again_settles_it(
      CuttingProxy.Cut cut, int there) throws Exception {
    Intake intake = intake(apples(0, 200));
    String url = STORES.dm().pool().getJdbcUrl();
    int port = URI.create(url.substring("jdbc:".length())).getPort();
    try (CuttingProxy proxy = new CuttingProxy(port, cut, 1);
        HikariDataSource pool =
            TestStores.pool(url.replace(":" + port + "/", ":" + proxy.port() + "/"));
        WakeUp wakeUp = new WakeUp(STORES.dm())) {
      Outbox outbox = outbox(new DmDatabase(pool), wakeUp);
      SQLException lost = assertThrows(SQLException.class, () -> outbox.commit(intake));
      assertEquals("08006", lost.getSQLState(), "the loss itself, not what came of it");
      assertEquals(0, proxy.cutsLeft());
      await().until(() -> committed() == there); // the server may still be at it

      Committed again = outbox.commit(intake);
      assertEquals(there, again.duplicates().size());
      assertEquals(200 - there, again.fresh().size());
      assertEquals(200, committed());
      assertEquals(200, STORES.sql().number("SELECT sum(n) FROM ingest.delivery_chunk"));
    }
  }

  @Test
  void a_backend_that_is_terminated_within_the_transaction_leaves_nothing() throws Exception {
    try (WakeUp wakeUp = new WakeUp(STORES.dm())) {
      Effect terminated =
          (tx, fresh) -> {
            try (var statement = tx.createStatement()) {
              statement.execute("SELECT pg_terminate_backend(pg_backend_pid())");
            }
            return java.util.List.of();
          };
      Outbox outbox = outbox(STORES.dm(), wakeUp);
      SQLException lost =
          assertThrows(
              SQLException.class,
              () -> outbox.commit(new Intake(apples(0, 3), java.util.List.of(terminated))));
      assertEquals("57P01", lost.getSQLState());
      assertEquals(0, committed());
      assertTrue(outbox.commit(intake(apples(0, 3))).duplicates().isEmpty());
    }
  }

  /** As a cancelled wait for the synchronous standby comes: COMMIT succeeds, with a warning. */
  @Test
  void a_warning_at_COMMIT_leaves_the_outcome_in_doubt() throws Exception {
    STORES
        .owner()
        .run(
            """
            CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$
            """);
    STORES
        .owner()
        .run(
            "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON ingest.switch DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()");
    Effect warned =
        (tx, fresh) -> {
          try (var statement = tx.createStatement()) {
            statement.execute(
                "INSERT INTO ingest.switch (name, value, who, why) VALUES ('a', 'b', 'c', 'd') ON CONFLICT DO NOTHING");
          }
          return java.util.List.of();
        };
    try (WakeUp wakeUp = new WakeUp(STORES.dm())) {
      Outbox outbox = outbox(STORES.dm(), wakeUp);
      Intake intake = new Intake(apples(0, 3), java.util.List.of(warned));
      SQLException doubt = assertThrows(SQLException.class, () -> outbox.commit(intake));
      assertEquals("08007", doubt.getSQLState());
      assertEquals(3, outbox.commit(intake).duplicates().size());
    } finally {
      STORES.owner().run("DROP FUNCTION warn CASCADE");
    }
  }
}
