package ingest.embedded.clickhouse;

import com.sun.jna.Pointer;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;

/**
 * The child process: the engine behind HTTP on 127.0.0.1 for as long as its parent holds its
 * standard input open.
 *
 * <p>It always leaves by {@code _exit}: the library's destructors crash or hang in any other end.
 */
public final class EngineProcess {
  private static final int THREADS = 16;
  private static final Duration STATEMENTS_PATIENCE = Duration.ofSeconds(3);
  private static final long CLOSE_MILLIS = 2000;

  private EngineProcess() {}

  /** Arguments: the library, the data folder, the port. */
  @SuppressWarnings("CatchAndPrintStackTrace") // standard error is this process's log
  public static void main(String[] args) {
    try {
      detach();
      Path folder = Files.createDirectories(Path.of(args[1]));
      EngineFolder.Hold hold = EngineFolder.hold(folder);
      Engine engine = Engine.open(Path.of(args[0]), folder);
      EngineHttp http = new EngineHttp(engine);
      serve(http, Integer.parseInt(args[2]));
      System.err.printf("engine open on %s, port %s%n", hold.folder(), args[2]);
      System.in.transferTo(OutputStream.nullOutputStream());
      leave(engine, http);
    } catch (Throwable e) {
      e.printStackTrace();
    }
    LibC.C._exit(1);
  }

  private static void serve(EngineHttp http, int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(Executors.newFixedThreadPool(THREADS));
    server.createContext("/", http);
    server.start();
  }

  private static void leave(Engine engine, EngineHttp http) throws InterruptedException {
    if (http.quiesce(STATEMENTS_PATIENCE)) {
      Thread closing = new Thread(engine::close, "close");
      closing.start();
      closing.join(CLOSE_MILLIS);
    }
    LibC.C._exit(0);
  }

  /**
   * Neither Ctrl-C nor a supervisor that signals whole process groups ends the store before the
   * drain is over.
   */
  private static void detach() {
    LibC.C.setsid();
    Pointer ignore = Pointer.createConstant(1);
    for (int signal : new int[] {1, 2, 15}) {
      LibC.C.signal(signal, ignore);
    }
  }
}
