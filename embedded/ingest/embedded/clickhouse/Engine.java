package ingest.embedded.clickhouse;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The ClickHouse engine, in this process, on one folder. Thread-safe, except for {@link #close}.
 *
 * <p>Each statement has a connection of its own (they cost a fraction of a millisecond), so that no
 * setting, database or read-only mode outlives it. One more is held all the time: the engine ends
 * with its last connection.
 */
final class Engine implements AutoCloseable {
  /** A laptop has other uses for its memory than caches; a statement that needs more fails. */
  private static final String CONFIG =
      """
      <clickhouse>
        <max_server_memory_usage>1073741824</max_server_memory_usage>
        <mark_cache_size>67108864</mark_cache_size>
        <index_mark_cache_size>16777216</index_mark_cache_size>
        <primary_index_cache_size>67108864</primary_index_cache_size>
      </clickhouse>
      """;

  private final Chdb chdb;
  private final String path;
  private final Pointer held;

  private Engine(Chdb chdb, String path, Pointer held) {
    this.chdb = chdb;
    this.path = path;
    this.held = held;
  }

  /** Loads the library and opens the folder; once in the life of a process. */
  static Engine open(Path library, Path folder) throws IOException {
    Path config = Files.writeString(folder.resolve("config.xml"), CONFIG);
    String path = "--path=" + folder.resolve("data");
    JvmSignals signals = JvmSignals.save();
    Chdb chdb =
        Native.load(
            library.toString(),
            Chdb.class,
            Map.of(Library.OPTION_STRING_ENCODING, StandardCharsets.UTF_8.name()));
    Pointer held = connect(chdb, path, "--config-file=" + config);
    signals.restore();
    return new Engine(chdb, path, held);
  }

  /**
   * Runs one statement.
   *
   * @throws EngineException when the engine refuses it or it fails
   */
  void execute(Statement statement, EngineResult.Reader reader)
      throws IOException, EngineException {
    Pointer connection = connect(chdb, path);
    try {
      for (String preparation : statement.preparations()) {
        try (NativeText text = new NativeText(preparation)) {
          query(connection, text, "Null", result -> {});
        }
      }
      query(connection, statement.text(), statement.format(), reader);
    } finally {
      chdb.chdb_close_conn(connection);
    }
  }

  /** The zone in which the engine writes times without one. */
  String timeZone() throws IOException, EngineException {
    ByteArrayOutputStream zone = new ByteArrayOutputStream();
    try (NativeText text = new NativeText("SELECT timezone()")) {
      query(held, text, "TSVRaw", result -> result.copyTo(zone));
    }
    return zone.toString(StandardCharsets.UTF_8).strip();
  }

  /** Ends the engine, if no statement is running; the process can do nothing with it after. */
  @Override
  public void close() {
    chdb.chdb_close_conn(held);
  }

  private static Pointer connect(Chdb chdb, String... options) throws IOException {
    String[] arguments = new String[options.length + 1];
    arguments[0] = "clickhouse";
    System.arraycopy(options, 0, arguments, 1, options.length);
    Pointer connection = chdb.chdb_connect(arguments.length, arguments);
    if (connection == null) {
      throw new IOException("the engine gives no connection for " + String.join(" ", options));
    }
    return connection;
  }

  private void query(Pointer connection, NativeText text, String format, EngineResult.Reader reader)
      throws IOException, EngineException {
    byte[] formatName = format.getBytes(StandardCharsets.UTF_8);
    Pointer result =
        chdb.chdb_query_n(
            connection.getPointer(0), text.memory(), text.length(), formatName, formatName.length);
    try {
      String error = chdb.chdb_result_error(result);
      if (error != null) {
        throw new EngineException(error);
      }
      Pointer buffer = chdb.chdb_result_buffer(result);
      reader.read(
          new EngineResult(
              buffer,
              buffer == null ? 0 : chdb.chdb_result_length(result),
              chdb.chdb_result_rows_read(result),
              chdb.chdb_result_storage_rows_read(result),
              chdb.chdb_result_storage_bytes_read(result),
              chdb.chdb_result_rows_written(result),
              chdb.chdb_result_bytes_written(result)));
    } finally {
      chdb.chdb_destroy_query_result(result);
    }
  }
}
