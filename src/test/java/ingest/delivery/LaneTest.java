package ingest.delivery;

import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.intake;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.store.TestStores;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A lane by its clock. */
class LaneTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private Rig rig;
  private Lane lane;

  @BeforeEach
  void open() throws SQLException {
    rig =
        new Rig(
            STORES,
            Duration.ofSeconds(5),
            Rig.http("stage", URI.create("http://127.0.0.1:1/internal/events"), 100));
    lane = rig.lanes.lane("stage");
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  private void broken(@Nullable Duration asked) {
    lane.broken(new Outcome.TargetBroken("answered 503", asked));
  }

  @ParameterizedTest(name = "broken {0} times in a row and asked for {1}, it rests {2} s")
  @CsvSource(
      nullValues = "-",
      value = {
        "1, -, 1",
        "2, -, 2",
        "3, -, 4",
        "6, -, 32",
        "7, -, 60",
        "40, -, 60",
        "1, PT30S, 30",
        "7, PT1S, 60",
        "1, PT1H, 60",
        "2, PT0S, 2",
      })
  void a_broken_target_rests_ever_longer_and_never_over_a_minute(
      int times, @Nullable Duration asked, int seconds) {
    for (int i = 0; i < times; i++) {
      broken(asked);
    }
    rig.pass(Duration.ofSeconds(seconds).minusMillis(500));
    assertTrue(lane.resting());
    rig.pass(Duration.ofMillis(501));
    assertFalse(lane.resting());
    assertTrue(lane.doubtful(), "single events probe it");
    lane.works();
    assertFalse(lane.doubtful());
    broken(null);
    rig.pass(Duration.ofMillis(1001));
    assertFalse(lane.resting(), "the next time begins afresh");
  }

  @Test
  void what_waited_in_memory_beyond_its_lease_is_left_to_a_claim() throws SQLException {
    lane.accept(true);
    rig.outbox(rig.lanes).commit(intake(apples(0, 3)));
    assertEquals(1, lane.waitingChunks().size());
    rig.pass(Rig.LEASE);
    Batch claimed = requireNonNull(lane.next(8));
    assertEquals(2, claimed.chunks().get(0).claims(), "claimed, not from memory");
  }

  @Test
  void a_lane_that_is_stopped_makes_no_further_request() throws SQLException {
    lane.accept(true);
    rig.outbox(rig.lanes).commit(intake(apples(0, 3)));
    Batch batch = requireNonNull(lane.next(8));
    assertTrue(lane.goesOn(batch));
    lane.accept(false);
    assertFalse(lane.goesOn(batch));
    assertNull(lane.forget(), "nothing else waited");
  }
}
