package ingest.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Many clients of one manner on one thread. None of them closes: the server has to. */
final class Crowd {
  /** Connections that are being made at the same time, so that no backlog overflows. */
  private static final int CONNECTING = 200;

  private static final int SELECT_MILLIS = 20;

  /**
   * What became of them.
   *
   * @param clients that were begun
   * @param atOnce most that were connected at the same time
   * @param open those that the server had not closed when patience was over
   * @param answers how many had which status; {@code none} was closed without one
   * @param longest from the last thing that the server did for a client to its end
   */
  record Outcome(
      int clients, int atOnce, int open, Map<String, Integer> answers, Duration longest) {}

  private static final class Client {
    final SocketChannel channel;
    final StringBuilder heard = new StringBuilder();
    ByteBuffer out;
    long since = System.nanoTime();
    long sent;

    Client(SocketChannel channel, byte[] opening) {
      this.channel = channel;
      this.out = ByteBuffer.wrap(opening);
    }

    String status() {
      return heard.length() < 12 ? "none" : heard.substring(9, 12);
    }
  }

  private final int port;
  private final Manner manner;
  private final int count;
  private final Map<String, Integer> answers = new TreeMap<>();
  private final Set<Client> open = new HashSet<>();
  private final ByteBuffer in = ByteBuffer.allocate(16 * 1024);
  private long longest;
  private int connecting;
  private int most;

  Crowd(int port, Manner manner, int count) {
    this.port = port;
    this.manner = manner;
    this.count = count;
  }

  /** Returns when the server has closed all of them, or patience is over. */
  Outcome run(Duration patience) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    int made = 0;
    try (Selector selector = Selector.open()) {
      while ((made < count || !open.isEmpty()) && System.nanoTime() < end) {
        while (made < count && connecting < CONNECTING) {
          connect(selector);
          made++;
        }
        selector.select(this::serve, SELECT_MILLIS);
        if (!manner.pause().isZero()) {
          drip();
        }
      }
      Outcome outcome =
          new Outcome(made, most, open.size(), new TreeMap<>(answers), Duration.ofNanos(longest));
      for (Client client : open) {
        client.channel.close();
      }
      return outcome;
    }
  }

  private void connect(Selector selector) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    Client client = new Client(channel, manner.opening());
    open.add(client);
    connecting++;
    channel.register(selector, SelectionKey.OP_CONNECT, client);
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  private void serve(SelectionKey key) {
    Client client = (Client) key.attachment();
    try {
      if (key.isConnectable()) {
        client.channel.finishConnect();
        connecting--;
        most = Math.max(most, open.size() - connecting);
        client.since = System.nanoTime();
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
      } else if (key.isReadable() && !hears(client)) {
        ended(key, client);
        return;
      }
      if (key.isWritable()) {
        write(key, client);
      }
    } catch (IOException e) {
      ended(key, client);
    }
  }

  private boolean hears(Client client) throws IOException {
    in.clear();
    int read = client.channel.read(in);
    if (read > 0 && client.heard.length() < 12) {
      client.heard.append(new String(in.array(), 0, read, StandardCharsets.ISO_8859_1));
      client.since = System.nanoTime();
    }
    return read >= 0;
  }

  private void write(SelectionKey key, Client client) throws IOException {
    client.channel.write(client.out);
    if (client.out.hasRemaining()) {
      return;
    }
    boolean floods = manner.pause().isZero() && manner.more().length > 0;
    if (floods) {
      client.out = ByteBuffer.wrap(manner.more());
    } else {
      client.sent = System.nanoTime();
      key.interestOps(SelectionKey.OP_READ);
    }
  }

  private void drip() {
    long now = System.nanoTime();
    for (Client client : open) {
      if (client.sent != 0 && now - client.sent > manner.pause().toNanos()) {
        client.sent = now;
        try {
          client.channel.write(ByteBuffer.wrap(manner.more()));
        } catch (IOException e) {
          // its end is read
        }
      }
    }
  }

  private void ended(SelectionKey key, Client client) {
    if (!key.isValid() || !open.remove(client)) {
      return;
    }
    key.cancel();
    answers.merge(client.status(), 1, Integer::sum);
    longest = Math.max(longest, System.nanoTime() - client.since);
    try {
      client.channel.close();
    } catch (IOException e) {
      // closed all the same
    }
  }
}
