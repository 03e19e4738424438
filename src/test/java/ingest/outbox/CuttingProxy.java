package ingest.outbox;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and PostgreSQL and cuts the connection at COMMIT: before it or after it
 * has reached the server, whose answer is dropped.
 */
final class CuttingProxy implements AutoCloseable {
  /** When the connection is cut. */
  enum Cut {
    BEFORE_THE_SERVER_READS_COMMIT,
    AFTER_THE_SERVER_COMMITTED
  }

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int server;
  private final Cut cut;
  private final AtomicInteger cutsLeft;

  CuttingProxy(int server, Cut cut, int cuts) throws IOException {
    this.server = server;
    this.cut = cut;
    this.cutsLeft = new AtomicInteger(cuts);
    daemon(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  int cutsLeft() {
    return cutsLeft.get();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listener.accept();
      Socket upstream = new Socket(InetAddress.getLoopbackAddress(), server);
      daemon(() -> toServer(client, upstream));
      daemon(() -> toClient(client, upstream));
    }
  }

  private void toServer(Socket client, Socket upstream) throws IOException {
    try (client;
        upstream) {
      byte[] buffer = new byte[65536];
      InputStream in = client.getInputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        boolean commit =
            new String(buffer, 0, read, StandardCharsets.ISO_8859_1).contains("COMMIT")
                && cutsLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        if (commit) {
          client.shutdownOutput(); // from here on the client hears nothing
          if (cut == Cut.AFTER_THE_SERVER_COMMITTED) {
            upstream.getOutputStream().write(buffer, 0, read);
            upstream.shutdownOutput(); // the server reads to the end, commits and leaves
            upstream.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
          }
          return;
        }
        upstream.getOutputStream().write(buffer, 0, read);
      }
    }
  }

  private static void toClient(Socket client, Socket upstream) throws IOException {
    try (client;
        upstream) {
      upstream.getInputStream().transferTo(client.getOutputStream());
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void daemon(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException closed) {
                // one side has gone, and with it this way
              }
            },
            "cutting-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
