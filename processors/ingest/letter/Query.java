package ingest.letter;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A statement that is put together from conditions, each with its parameters. Not thread-safe. */
final class Query {
  private final StringBuilder sql = new StringBuilder();
  private final List<Object> parameters = new ArrayList<>();

  Query add(String part, Object... values) {
    sql.append(part).append('\n');
    parameters.addAll(List.of(values));
    return this;
  }

  Query add(Query part) {
    sql.append(part.sql);
    parameters.addAll(part.parameters);
    return this;
  }

  PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql.toString());
    for (int i = 0; i < parameters.size(); i++) {
      statement.setObject(i + 1, parameters.get(i));
    }
    return statement;
  }
}
