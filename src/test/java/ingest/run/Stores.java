package ingest.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What the stores hold, read past the product: its databases by JDBC, its archive by HTTP. Rows
 * come as JSON objects by column.
 *
 * @param dm JDBC URL
 * @param env JDBC URL
 * @param clickHouse HTTP URL; empty where there is none
 */
public record Stores(String dm, String env, String clickHouse) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Those that a run said it uses. */
  public static Stores of(IngestProcess run) {
    return new Stores(run.said("dm"), run.said("env"), run.said("archive"));
  }

  /** Those of a {@code stores.env}. */
  public static Stores of(Map<String, String> settings) {
    return new Stores(
        Objects.requireNonNull(settings.get("DM_DATABASE_URL")),
        Objects.requireNonNull(settings.get("DATABASE_URL")),
        Objects.requireNonNull(settings.get("CLICKHOUSE_URL")));
  }

  public List<JsonNode> dmRows(String query) throws SQLException, IOException {
    return rows(dm, query);
  }

  public List<JsonNode> envRows(String query) throws SQLException, IOException {
    return rows(env, query);
  }

  /** The one number of a query on {@code dm}. */
  public long dmNumber(String query) throws SQLException, IOException {
    return dmRows(query).get(0).elements().next().longValue();
  }

  /** A statement on {@code dm}, with the rights of its owner. */
  public void dmExecute(String statement) throws SQLException {
    try (Connection connection = DriverManager.getConnection(dm);
        Statement execute = connection.createStatement()) {
      execute.execute(statement);
    }
  }

  /**
   * Updates the schedule of the channels while they are polled. The lock lets the poll on its way
   * end first: row by row, the two would deadlock.
   */
  public void schedule(String update) throws SQLException {
    try (Connection connection = DriverManager.getConnection(dm);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("LOCK TABLE dm.probe_schedule IN EXCLUSIVE MODE");
      statement.execute("UPDATE dm.probe_schedule SET " + update);
      connection.commit();
    }
  }

  public void envExecute(String statement) throws SQLException {
    try (Connection connection = DriverManager.getConnection(env);
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    }
  }

  /** What ClickHouse answers to a query as it stands. */
  public String clickHouse(String query) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        CLIENT.send(
            HttpRequest.newBuilder(URI.create(clickHouse + "/"))
                .POST(HttpRequest.BodyPublishers.ofString(query))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(answer.body());
    }
    return answer.body();
  }

  public List<JsonNode> clickHouseRows(String query) throws IOException, InterruptedException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : clickHouse(query + " FORMAT JSONEachRow").lines().toList()) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private static List<JsonNode> rows(String url, String query) throws SQLException, IOException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery("SELECT row_to_json(q)::text FROM (" + query + ") q")) {
      List<JsonNode> rows = new ArrayList<>();
      while (found.next()) {
        rows.add(JSON.readTree(found.getString(1)));
      }
      return rows;
    }
  }
}
