package ingest.faults;

import ingest.embedded.clickhouse.EngineServer;
import ingest.run.IngestProcess;
import ingest.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The ClickHouse engine in a child of this process. It is started again at once: a server waits
 * longer after each death, and would be away for most of a run.
 */
final class Archive implements AutoCloseable {
  private final Path folder;
  private final int port;
  private final Settings settings = Settings.load(Path.of(""), Map.of());
  private EngineServer server;

  Archive(Path folder) throws IOException {
    this.folder = folder;
    this.port = IngestProcess.freePort();
    this.server = EngineServer.start(settings, folder, () -> port);
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** SIGKILL to the child that serves now. */
  synchronized void kill() {
    LibC.C.kill((int) server.process().pid(), LibC.SIGKILL);
  }

  /** Returns when another answers. */
  synchronized void restore() throws IOException {
    server.close();
    server = EngineServer.start(settings, folder, () -> port);
  }

  /** Ends it, until {@link #restore}. */
  synchronized void stop() {
    server.close();
  }

  @Override
  public synchronized void close() {
    server.close();
  }
}
