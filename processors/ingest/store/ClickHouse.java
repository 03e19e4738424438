package ingest.store;

import ingest.settings.SettingException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** The ClickHouse server, by its HTTP interface. Thread-safe. */
public final class ClickHouse {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final String url;
  private final String authorization;
  private final String user;
  private final String password;

  /**
   * Takes {@code http(s)://user:password@host:8123}.
   *
   * @throws SettingException when it is no such URL
   */
  public ClickHouse(String url) {
    try {
      URI uri = URI.create(url);
      if (uri.getHost() == null || uri.getScheme() == null || !uri.getScheme().startsWith("http")) {
        throw new IllegalArgumentException("not http");
      }
      String credentials = uri.getUserInfo();
      this.authorization =
          credentials == null
              ? ""
              : "Basic "
                  + Base64.getEncoder()
                      .encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
      int colon = credentials == null ? -1 : credentials.indexOf(':');
      this.user =
          credentials == null
              ? "default"
              : colon < 0 ? credentials : credentials.substring(0, colon);
      this.password = credentials == null || colon < 0 ? "" : credentials.substring(colon + 1);
      this.url =
          uri.getScheme()
              + "://"
              + uri.getHost()
              + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
              + "/";
    } catch (IllegalArgumentException e) {
      throw new SettingException(
          "CLICKHOUSE_URL is not a URL such as http://user:password@host:8123");
    }
  }

  /** For Flyway, which speaks JDBC. */
  public String jdbcUrl(String database) {
    return "jdbc:clickhouse:" + url + database + "?compress=false";
  }

  public String user() {
    return user;
  }

  public String password() {
    return password;
  }

  /** Runs a statement that answers nothing. */
  public void execute(String statement) throws IOException, InterruptedException {
    send(statement, Map.of(), new byte[0], ANSWER);
  }

  /** Sends rows as JSON lines; they are in the table when this returns (no asynchronous insert). */
  public void insert(String table, String deduplicationToken, byte[] jsonLines)
      throws IOException, InterruptedException {
    insert(table, deduplicationToken, jsonLines, ANSWER);
  }

  /** The same, given up after {@code within}; they may be in the table then or not. */
  public void insert(String table, String deduplicationToken, byte[] jsonLines, Duration within)
      throws IOException, InterruptedException {
    send(
        "INSERT INTO " + table + " FORMAT JSONEachRow",
        Map.of(
            "insert_deduplication_token", deduplicationToken,
            "async_insert", "0",
            "date_time_input_format", "best_effort",
            "input_format_skip_unknown_fields", "0"),
        jsonLines,
        within);
  }

  /** The one number that a query answers. */
  public long number(String query, Map<String, String> parameters)
      throws IOException, InterruptedException {
    return Long.parseLong(text(query, parameters));
  }

  /** What a query answers, in the format that it names; all of it is in memory. */
  public String text(String query, Map<String, String> parameters)
      throws IOException, InterruptedException {
    return text(query, parameters, ANSWER);
  }

  /** The same, given up after {@code within}. */
  public String text(String query, Map<String, String> parameters, Duration within)
      throws IOException, InterruptedException {
    return send(
            query,
            parameters.entrySet().stream()
                .collect(Collectors.toMap(e -> "param_" + e.getKey(), Map.Entry::getValue)),
            new byte[0],
            within)
        .strip();
  }

  private String send(String query, Map<String, String> settings, byte[] body, Duration within)
      throws IOException, InterruptedException {
    String parameters =
        settings.entrySet().stream()
            .map(e -> e.getKey() + "=" + encode(e.getValue()))
            .collect(Collectors.joining("&"));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "?query=" + encode(query) + "&" + parameters))
            .timeout(within)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    HttpResponse<String> answer = answer(request.build(), within);
    if (answer.statusCode() != 200) {
      throw new Refused(answer.statusCode(), answer.body());
    }
    return answer.body();
  }

  /**
   * The client's own time-out ends with the headers; an answer that stops in the middle has none.
   */
  private HttpResponse<String> answer(HttpRequest request, Duration within)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    try {
      return answer.get(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("ClickHouse has not answered within " + within);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** ClickHouse answered, and not with 200. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1;
    private final int status;

    Refused(int status, String body) {
      super("ClickHouse answered " + status + ": " + body.lines().findFirst().orElse(""));
      this.status = status;
    }

    public int status() {
      return status;
    }
  }
}
