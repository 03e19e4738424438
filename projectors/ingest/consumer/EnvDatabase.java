package ingest.consumer;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;

/** One environment's database, of which only the tables named in its migrations are touched. */
public record EnvDatabase(HikariDataSource pool) implements AutoCloseable {

  public Connection connection() throws SQLException {
    return pool.getConnection();
  }

  @Override
  public void close() {
    pool.close();
  }
}
