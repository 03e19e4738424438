package ingest;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Readiness: the store that this process commits to answers. Liveness does not depend on it. */
final class StoreHealth extends AbstractHealthCheck {
  private static final int SECONDS = 2;

  private final DataSource store;

  StoreHealth(String name, DataSource store) {
    super("ingest", "store-" + name);
    this.store = store;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    try (Connection connection = store.getConnection()) {
      if (connection.isValid(SECONDS)) {
        builder.up();
      } else {
        builder.message("does not answer").down();
      }
    } catch (SQLException e) {
      builder.message(e.getMessage()).down();
    }
  }
}
