package ingest.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.store.ClickHouse;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long a disk is enough for. */
class DiskHorizonTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();
  private final DiskHorizon disk =
      new DiskHorizon(
          meters,
          STORES.dm(),
          new ClickHouse("http://127.0.0.1:" + TestStores.freePort()),
          Map.of("dm", 100, "clickhouse", 0),
          nanos::get);

  @BeforeEach
  void forget() {
    STORES.owner().run("TRUNCATE ingest.disk_size");
  }

  private double gauge(String name, String store) {
    return meters.get("ingest.disk." + name).tag("store", store).gauge().value();
  }

  private static void size(String store, int hoursAgo, int gib) {
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.disk_size (store, at, bytes) VALUES (?, date_trunc('hour', ingest.now()) - make_interval(hours => ?), ?::bigint << 30)",
            store,
            hoursAgo,
            gib);
  }

  @Test
  void it_is_there_at_once_and_knows_nothing() {
    for (String store : DiskHorizon.STORES) {
      assertEquals(Double.NaN, gauge("days.left", store));
      assertEquals(Double.NaN, gauge("used.bytes", store));
    }
  }

  @Test
  void an_hour_has_one_size_and_a_store_that_is_away_none() throws Exception {
    disk.take();
    disk.take();
    STORES.clock(Duration.ofHours(1));
    disk.take();
    assertEquals(2, STORES.sql().number("SELECT count(*) FROM ingest.disk_size"));
    assertTrue(gauge("used.bytes", "dm") > 1_000_000);
    assertEquals(Double.NaN, gauge("days.left", "dm"), "an hour tells nothing of a day");

    STORES.clock(Duration.ofDays(91));
    disk.take();
    assertEquals(1, STORES.sql().number("SELECT count(*) FROM ingest.disk_size"), "and is bounded");
  }

  @ParameterizedTest(name = "{0} GiB {1} hours ago and {2} now: {3} days")
  @CsvSource({
    "40, 24, 50, 5", // 10 GiB a day, 50 are left
    "45, 12, 50, 5", // of half a day only
    "50, 24, 50, Infinity",
    "60, 24, 50, Infinity", // a day of the outbox was dropped
    "90, 24, 100, 0",
    "90, 24, 120, 0"
  })
  void what_grows_is_full_some_day(int before, int hours, int now, double days) {
    size("dm", hours, before);
    size("dm", 0, now);
    assertEquals(days, gauge("days.left", "dm"), 0.001);
  }

  @Test
  void a_day_is_compared_with_the_same_hour_of_the_day_before() {
    size("dm", 48, 20);
    size("dm", 24, 40);
    size("dm", 12, 30); // a day was dropped in between
    size("dm", 0, 50);
    assertEquals(5, gauge("days.left", "dm"), 0.001);
    size("clickhouse", 24, 1);
    size("clickhouse", 0, 2);
    assertEquals(5, gauge("days.left", "dm"), 0.001);
    assertEquals(Double.NaN, gauge("used.bytes", "clickhouse"), "asked a moment ago");
    nanos.addAndGet(DiskHorizon.FRESH.toNanos());
    assertEquals(2.0 * (1L << 30), gauge("used.bytes", "clickhouse"));
    assertEquals(Double.NaN, gauge("days.left", "clickhouse"), "it has no budget");
    STORES.clock(Duration.ofHours(7));
    nanos.addAndGet(DiskHorizon.FRESH.toNanos());
    assertEquals(Double.NaN, gauge("days.left", "dm"), "nobody has looked for hours");
  }
}
