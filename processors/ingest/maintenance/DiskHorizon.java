package ingest.maintenance;

import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import ingest.store.Lately;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On which day the budget of a store is full, if it goes on growing as it did over the last day.
 * Sizes are taken hourly and kept in {@code ingest.disk_size}, so a restart forgets nothing. A day
 * is compared with the same hour of the day before: partitions come and go daily.
 */
public final class DiskHorizon {
  private static final Logger LOG = LoggerFactory.getLogger(DiskHorizon.class);

  /** The stores whose sizes can be asked for from here; the words of {@code ingest.disk_size}. */
  public static final List<String> STORES = List.of("dm", "clickhouse");

  static final Duration FRESH = Duration.ofMinutes(1);

  private static final double GIB = 1024.0 * 1024 * 1024;

  private static final String TAKE =
      """
      WITH old AS (
          DELETE FROM ingest.disk_size WHERE store = ? AND at < ingest.now() - interval '90 days'
      )
      INSERT INTO ingest.disk_size (store, at, bytes)
      VALUES (?, date_trunc('hour', ingest.now()), coalesce(?, pg_database_size(current_database())))
      ON CONFLICT (store, at) DO NOTHING
      """;

  /** Held against the size of a day before, or of as long ago as sizes are known. */
  private static final String SIZES =
      """
      SELECT last.store, last.bytes, before.bytes AS bytes_before,
             extract(epoch FROM last.at - before.at) / 86400 AS days
      FROM (SELECT DISTINCT ON (store) store, at, bytes FROM ingest.disk_size
            WHERE at > ingest.now() - interval '6 hours' ORDER BY store, at DESC) last
      LEFT JOIN LATERAL (
          SELECT at, bytes FROM ingest.disk_size s
          WHERE s.store = last.store AND s.at <= last.at - interval '6 hours' AND s.at > last.at - interval '3 days'
          ORDER BY abs(extract(epoch FROM last.at - s.at) - 86400) LIMIT 1
      ) before ON true
      """;

  private static final String ARCHIVE =
      "SELECT toInt64(sum(bytes_on_disk)) FROM system.parts WHERE active AND database = 'vf'";

  /**
   * A store's size.
   *
   * @param days until the budget is full: infinite where it does not grow; NaN where that cannot be
   *     told yet, or there is no budget
   */
  public record Size(double bytes, double budget, double days) {}

  private static final Size UNKNOWN = new Size(Double.NaN, Double.NaN, Double.NaN);

  private final DmDatabase dm;
  private final @Nullable ClickHouse clickHouse;
  private final Map<String, Integer> budgets;
  private final Lately<Map<String, Size>> lately;

  /**
   * Registers the metrics of each store.
   *
   * @param clickHouse null in a run without an archive
   * @param budgets by store, in GiB; 0 for none
   */
  public DiskHorizon(
      MeterRegistry registry,
      DmDatabase dm,
      @Nullable ClickHouse clickHouse,
      Map<String, Integer> budgets) {
    this(registry, dm, clickHouse, budgets, System::nanoTime);
  }

  DiskHorizon(
      MeterRegistry registry,
      DmDatabase dm,
      @Nullable ClickHouse clickHouse,
      Map<String, Integer> budgets,
      LongSupplier nanos) {
    this.dm = dm;
    this.clickHouse = clickHouse;
    this.budgets = Map.copyOf(budgets);
    this.lately = new Lately<>(FRESH, nanos, this::sizes);
    for (String store : STORES) {
      gauge(registry, "used.bytes", "Bytes that a store has on disk", store, Size::bytes);
      gauge(registry, "budget.bytes", "Bytes that a store may have", store, Size::budget);
      gauge(registry, "days.left", "Days until the budget of a store is full", store, Size::days);
    }
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String description,
      String store,
      ToDoubleFunction<Size> value) {
    Gauge.builder(
            "ingest.disk." + name,
            () -> lately.number(all -> value.applyAsDouble(all.getOrDefault(store, UNKNOWN))))
        .description(description)
        .tag("store", store)
        .register(registry);
  }

  /** Takes the sizes of this hour; what cannot be asked is left out. */
  public void take() throws SQLException, InterruptedException {
    take("dm", null);
    if (clickHouse != null) {
      try {
        take("clickhouse", clickHouse.number(ARCHIVE, Map.of()));
      } catch (IOException e) {
        LOG.warn("asking ClickHouse for its size: {}", e.getMessage());
      }
    }
  }

  private void take(String store, @Nullable Long bytes) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement statement = connection.prepareStatement(TAKE)) {
      statement.setString(1, store);
      statement.setString(2, store);
      statement.setObject(3, bytes, Types.BIGINT);
      statement.executeUpdate();
    }
  }

  /** By store, those whose size of the last hours is known. */
  public Map<String, Size> sizes() throws SQLException {
    Map<String, Size> sizes = new TreeMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(SIZES);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        double budget = budgets.getOrDefault(rows.getString("store"), 0) * GIB;
        double bytes = rows.getDouble("bytes");
        double before = rows.getDouble("bytes_before");
        double growth = rows.wasNull() ? Double.NaN : (bytes - before) / rows.getDouble("days");
        sizes.put(
            rows.getString("store"),
            budget == 0
                ? new Size(bytes, Double.NaN, Double.NaN)
                : new Size(bytes, budget, days(budget - bytes, growth)));
      }
    }
    return sizes;
  }

  private static double days(double room, double growth) {
    if (room <= 0) {
      return 0;
    }
    return growth <= 0 ? Double.POSITIVE_INFINITY : room / growth;
  }
}
