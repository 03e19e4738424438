package ingest.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** What a test asks of a database beside the product. */
public final class Sql {
  private final DataSource database;

  public Sql(DataSource database) {
    this.database = database;
  }

  /** Runs a statement; how many rows it changed. */
  public int run(String sql, Object... parameters) {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = prepared(connection, sql, parameters)) {
      statement.execute();
      return statement.getUpdateCount();
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** The one number that a query answers. */
  public long number(String sql, Object... parameters) {
    return Long.parseLong(rows(sql, parameters).get(0));
  }

  /** Each row as text, its columns parted by a bar; null is {@code -}. */
  public List<String> rows(String sql, Object... parameters) {
    try (Connection connection = database.getConnection()) {
      return rows(connection, sql, parameters);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** The same within a transaction. */
  public static List<String> rows(Connection connection, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = prepared(connection, sql, parameters);
        ResultSet rows = statement.executeQuery()) {
      List<String> texts = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          String value = rows.getString(i);
          row.add(value == null ? "-" : value);
        }
        texts.add(String.join("|", row));
      }
      return texts;
    }
  }

  private static PreparedStatement prepared(Connection connection, String sql, Object... parameters)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }
}
