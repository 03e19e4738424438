package ingest.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports on loopback. */
final class Ports {
  private Ports() {}

  /** One that nobody has, below those that the kernel gives to outgoing connections. */
  static int free() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        // the next one
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
