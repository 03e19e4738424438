package ingest.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import ingest.store.TestStores;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class SlotsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Instant SLOT = Instant.parse("2026-09-24T03:15:00Z");

  private final Slots slots = new Slots(STORES.dm());

  @BeforeEach
  void empty() {
    STORES.sql().run("DELETE FROM dm.poll_slot");
  }

  @Test
  void a_slot_is_claimed_once_by_however_many_instances() throws Exception {
    ExecutorService instances = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Boolean>> claims = new ArrayList<>();
      for (int slot = 0; slot < 20; slot++) {
        Instant due = SLOT.plusSeconds(slot);
        for (int instance = 0; instance < 8; instance++) {
          claims.add(() -> slots.claim("charts-top", due, UUID.randomUUID()) != null);
        }
      }
      int won = 0;
      for (var claim : instances.invokeAll(claims)) {
        won += claim.get() ? 1 : 0;
      }
      assertEquals(20, won);
    } finally {
      instances.shutdown();
    }
  }

  @Test
  void each_poller_has_slots_of_its_own() throws SQLException {
    assertNotNull(slots.claim("charts-top", SLOT, UUID.randomUUID()));
    assertNotNull(slots.claim("charts-places", SLOT, UUID.randomUUID()));
    assertNull(slots.claim("charts-top", SLOT, UUID.randomUUID()));
  }

  /** Its connection was lost after the claim, perhaps: it does not know. */
  @Test
  void a_claim_that_is_tried_again_is_the_same_claim() throws SQLException {
    UUID run = UUID.randomUUID();
    assertNotNull(slots.claim("charts-top", SLOT, run));
    assertNotNull(slots.claim("charts-top", SLOT, run));
    assertNull(slots.claim("charts-top", SLOT, UUID.randomUUID()));
  }

  @Test
  void a_claim_tells_the_databases_clock() throws SQLException {
    STORES.clock(Duration.ofDays(400));
    Instant at = Objects.requireNonNull(slots.claim("charts-top", SLOT, UUID.randomUUID()));
    assertEquals(400, Duration.between(Instant.now(), at.plusSeconds(60)).toDays());
  }

  @Test
  void slots_older_than_a_day_are_forgotten() throws SQLException {
    slots.claim("charts-top", SLOT, UUID.randomUUID());
    slots.claim("charts-places", SLOT, UUID.randomUUID());
    slots.claim("charts-top", SLOT.plus(Duration.ofHours(23)), UUID.randomUUID());
    slots.claim("charts-top", SLOT.plus(Duration.ofHours(25)), UUID.randomUUID());
    assertEquals(
        List.of("charts-places 1", "charts-top 2"),
        STORES
            .sql()
            .rows(
                "SELECT poller || ' ' || count(*) FROM dm.poll_slot GROUP BY poller ORDER BY poller"));
  }
}
