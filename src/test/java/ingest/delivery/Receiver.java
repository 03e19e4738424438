package ingest.delivery;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** The other side of a delivery: an HTTP/1.1 server whose answers a test writes, to the byte. */
final class Receiver implements AutoCloseable {
  /** A request as it came; header names in lower case. */
  record Request(Map<String, String> headers, String text, int bytes) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  /** What is written back, and whether silence or the end of the connection follows. */
  record Reply(String text, boolean silent, boolean close) {
    Reply withHeader(String name, String value) {
      return new Reply(
          text.replaceFirst("\r\n", "\r\n" + name + ": " + value + "\r\n"), silent, close);
    }
  }

  interface Script {
    Reply answer(Request request);
  }

  static Reply status(int status) {
    return status(status, "");
  }

  static Reply status(int status, String body) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    String head = status == 204 ? "" : "content-length: " + length + "\r\n";
    return new Reply("HTTP/1.1 " + status + " X\r\n" + head + "\r\n" + body, false, false);
  }

  /** These words and the end of the connection. */
  static Reply raw(String text) {
    return new Reply(text, false, true);
  }

  /** These words, and then nothing more on an open connection. */
  static Reply silenceAfter(String text) {
    return new Reply(text, true, false);
  }

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Script script;

  Receiver(Script script) throws IOException {
    this.script = script;
    daemon(this::accept);
  }

  /** Answers like this from now on. */
  void answers(Script script) {
    this.script = script;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/internal/events");
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  private void accept() throws IOException {
    while (true) {
      Socket connection = listener.accept();
      connections.add(connection);
      daemon(() -> serve(connection));
    }
  }

  private void serve(Socket connection) throws IOException {
    try (connection;
        InputStream in = new BufferedInputStream(connection.getInputStream())) {
      for (Request request = read(in); request != null; request = read(in)) {
        requests.add(request);
        Reply reply = script.answer(request);
        connection.getOutputStream().write(reply.text.getBytes(StandardCharsets.UTF_8));
        connection.getOutputStream().flush();
        if (reply.silent) {
          closed.await();
        }
        if (reply.close) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static @Nullable Request read(InputStream in) throws IOException {
    Map<String, String> headers = new TreeMap<>();
    String requestLine = line(in);
    if (!requestLine.endsWith(" HTTP/1.1")) {
      return null; // the end, or no HTTP at all
    }
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    byte[] body = in.readNBytes(length);
    return new Request(headers, new String(body, StandardCharsets.UTF_8), body.length);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
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
              } catch (IOException gone) {
                // the sender closed the connection, or the test this receiver
              }
            },
            "receiver");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    listener.close();
    for (Socket connection : connections) {
      connection.close();
    }
  }
}
