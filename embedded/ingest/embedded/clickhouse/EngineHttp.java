package ingest.embedded.clickhouse;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * ClickHouse's HTTP interface, as far as drivers and the sink use it.
 *
 * <p>A statement is the parameter {@code query} followed by the body. Every parameter that the
 * interface does not keep for itself is a setting of that statement. As with the server, GET cannot
 * change anything. Neither sessions nor compression are offered, and who asks for them is told so;
 * {@code X-ClickHouse-Format} repeats what was asked for even where the statement names another.
 */
final class EngineHttp implements HttpHandler {
  /** What a server with users calls itself is its host's name. */
  private static final String NAME = "embedded";

  private static final int STATEMENTS_AT_ONCE = 4;
  private static final long STATEMENT_BYTES = 64L << 20;

  /** Parameters that are neither settings nor parameters of the statement. */
  private static final Set<String> OWN =
      Set.of(
          "query",
          "query_id",
          "database",
          "default_format",
          "user",
          "password",
          "quota_key",
          "role",
          "stacktrace",
          "client_protocol_version",
          "compress",
          "decompress",
          "enable_http_compression",
          "session_id",
          "session_check",
          "session_timeout",
          "buffer_size",
          "wait_end_of_query");

  private final Engine engine;
  private final String timeZone;
  private final Semaphore turns = new Semaphore(STATEMENTS_AT_ONCE, true);

  EngineHttp(Engine engine) throws IOException, EngineException {
    this.engine = engine;
    this.timeZone = engine.timeZone();
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("X-ClickHouse-Server-Display-Name", NAME);
    try (exchange) {
      switch (exchange.getRequestURI().getPath()) {
        case "/ping" -> answer(exchange, 200, "Ok.\n");
        case "/" -> answerInTurn(exchange);
        default -> answer(exchange, 404, "There is no handle " + exchange.getRequestURI() + "\n");
      }
    } catch (IOException | RuntimeException e) {
      System.err.printf("answering %s: %s%n", exchange.getRemoteAddress(), e);
      throw e;
    }
  }

  /** Lets running statements end and takes no new ones; false when they did not end in time. */
  boolean quiesce(Duration patience) throws InterruptedException {
    return turns.tryAcquire(STATEMENTS_AT_ONCE, patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** A body is read within the turn, so that turns bound the memory too. */
  private void answerInTurn(HttpExchange exchange) throws IOException {
    turns.acquireUninterruptibly();
    try {
      execute(exchange);
    } catch (EngineException e) {
      // an answer before the end of the request would reach nobody who is still sending
      exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
      exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", Integer.toString(e.code()));
      answer(exchange, e.httpStatus(), e.text() + "\n");
    } finally {
      turns.release();
    }
  }

  private void execute(HttpExchange exchange) throws IOException, EngineException {
    Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
    Headers headers = exchange.getRequestHeaders();
    exchange
        .getResponseHeaders()
        .set(
            "X-ClickHouse-Query-Id",
            first(
                parameters.get("query_id"),
                headers.getFirst("X-ClickHouse-Query-Id"),
                UUID.randomUUID().toString()));
    refuseWhatIsNotOffered(parameters, headers);
    String query = parameters.getOrDefault("query", "");
    String format =
        first(headers.getFirst("X-ClickHouse-Format"), parameters.get("default_format"), "TSV");
    String database =
        first(parameters.get("database"), headers.getFirst("X-ClickHouse-Database"), "default");
    try (NativeText text = new NativeText(query.isEmpty() ? "" : query + "\n")) {
      if (!text.append(exchange.getRequestBody(), STATEMENT_BYTES)) {
        throw new EngineException(
            EngineException.TOO_LARGE_STRING_SIZE,
            "The statement is larger than " + STATEMENT_BYTES + " bytes",
            "TOO_LARGE_STRING_SIZE");
      }
      long begin = System.nanoTime();
      engine.execute(
          new Statement(text, format, database, settings(exchange.getRequestMethod(), parameters)),
          result -> answer(exchange, result, format, System.nanoTime() - begin));
    }
  }

  private void answer(HttpExchange exchange, EngineResult result, String format, long nanos)
      throws IOException {
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", "text/plain; charset=UTF-8");
    headers.set("X-ClickHouse-Format", format);
    headers.set("X-ClickHouse-Timezone", timeZone);
    headers.set(
        "X-ClickHouse-Summary",
        """
        {"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d","total_rows_to_read":"0","result_rows":"%d","result_bytes":"%d","elapsed_ns":"%d"}"""
            .formatted(
                result.readRows(),
                result.readBytes(),
                result.writtenRows(),
                result.writtenBytes(),
                result.rows(),
                result.length(),
                nanos));
    exchange.sendResponseHeaders(200, result.length() == 0 ? -1 : result.length());
    if (result.length() > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        result.copyTo(out);
      }
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=UTF-8");
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private static void refuseWhatIsNotOffered(Map<String, String> parameters, Headers headers)
      throws EngineException {
    String encoding = headers.getFirst("Content-Encoding");
    if ("1".equals(parameters.get("compress"))
        || "1".equals(parameters.get("decompress"))
        || (encoding != null && !encoding.equals("identity"))) {
      throw notImplemented("Compression is not offered here: use compress=false");
    }
    if (parameters.containsKey("session_id")) {
      throw notImplemented("Sessions are not offered here");
    }
  }

  private static EngineException notImplemented(String what) {
    return new EngineException(EngineException.NOT_IMPLEMENTED, what, "NOT_IMPLEMENTED");
  }

  /** Read-only comes last: under it no other setting can be given. */
  private static Map<String, String> settings(String method, Map<String, String> parameters) {
    Map<String, String> settings = new LinkedHashMap<>(parameters);
    settings.keySet().removeAll(OWN);
    String readOnly = settings.remove("readonly");
    if (readOnly != null) {
      settings.put("readonly", readOnly);
    } else if (method.equals("GET")) {
      settings.put("readonly", "2");
    }
    return settings;
  }

  private static String first(@Nullable String one, @Nullable String other, String otherwise) {
    if (one != null && !one.isEmpty()) {
      return one;
    }
    return other != null && !other.isEmpty() ? other : otherwise;
  }

  private static Map<String, String> parameters(@Nullable String query) throws EngineException {
    Map<String, String> parameters = new TreeMap<>();
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decoded(String text) throws EngineException {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new EngineException(
          EngineException.BAD_ARGUMENTS,
          "A parameter is not URL-encoded: " + text,
          "BAD_ARGUMENTS");
    }
  }
}
