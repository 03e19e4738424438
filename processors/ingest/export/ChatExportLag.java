package ingest.export;

import ingest.store.DmDatabase;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * How far the export of chat is behind, read from its watermark; each instance tells the same. At
 * thirty days ClickHouse drops what was not exported.
 */
public final class ChatExportLag {
  /** Nothing to export so far: no lag. An hour and a run's interval are normal. */
  private static final String LAG =
      """
      SELECT coalesce(max(extract(epoch FROM ingest.now() - last_exported_at)), 0) AS seconds
      FROM dm.chat_export_watermark
      """;

  private final DmDatabase dm;

  public ChatExportLag(MeterRegistry registry, DmDatabase dm) {
    this.dm = dm;
    Gauge.builder("ingest.export.chat.lag", this::seconds)
        .description("Age of the oldest chat that may not be exported")
        .baseUnit("seconds")
        .strongReference(true)
        .register(registry);
  }

  /** NaN while the database cannot say. */
  private double seconds() {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(LAG);
        ResultSet row = query.executeQuery()) {
      row.next();
      return row.getDouble("seconds");
    } catch (SQLException e) {
      return Double.NaN;
    }
  }
}
