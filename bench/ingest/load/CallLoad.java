package ingest.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Clients of a port of this machine, each with one connection that it keeps, all on the thread that
 * runs them. A client whose connection ends, or that waits too long, opens another.
 *
 * <p>At a rate, a request that is due and finds no free connection counts from when it was due: a
 * server that is slow is not asked less for it. One run at a time.
 */
public final class CallLoad<R extends Request> {
  private static final int STATUS = "HTTP/1.1 ".length();
  private static final int MOST_HEAD = 16 * 1024;
  private static final int MOST_TOLD = 300;
  private static final long AGAIN_NANOS = 50_000_000;
  private static final long LOOK_MILLIS = 5;

  private final InetSocketAddress address;
  private final int connections;
  private final long patience;
  private final BiConsumer<? super R, Answer> ended;

  private final ByteBuffer chunk = ByteBuffer.allocateDirect(64 * 1024);
  private final Deque<Line> free = new ArrayDeque<>();
  private volatile boolean stopped;

  /** Waits ten seconds for an answer, and tells nobody of single requests. */
  public CallLoad(int port, int connections) {
    this(port, connections, Duration.ofSeconds(10), (request, answer) -> {});
  }

  /**
   * Connects to nothing yet.
   *
   * @param patience how long an answer is waited for
   * @param ended told of every request that was sent, on the thread of the run
   */
  public CallLoad(
      int port, int connections, Duration patience, BiConsumer<? super R, Answer> ended) {
    this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.connections = connections;
    this.patience = patience.toNanos();
    this.ended = ended;
  }

  /** Sends as fast as answers come, until the requests or the time are over. */
  public Tally run(Iterator<? extends R> requests, Duration span) throws IOException {
    return run(requests, Long.MAX_VALUE, 0, span);
  }

  /** Sends as fast as answers come, so many. */
  public Tally run(Iterator<? extends R> requests, long count) throws IOException {
    return run(requests, count, 0, Duration.ofDays(1));
  }

  /** Sends at a rate, until the requests or the time are over. */
  public Tally run(Iterator<? extends R> requests, double perSecond, Duration span)
      throws IOException {
    return run(requests, Long.MAX_VALUE, perSecond, span);
  }

  /** Ends the run on its way, once what was sent has its answers. */
  public void stop() {
    stopped = true;
  }

  private Tally run(Iterator<? extends R> requests, long count, double perSecond, Duration span)
      throws IOException {
    Tally tally = new Tally();
    stopped = false;
    free.clear();
    List<Line> lines = new ArrayList<>();
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < connections; i++) {
        lines.add(new Line(selector, tally));
      }
      long began = System.nanoTime();
      long sent = 0;
      long freed = began; // since when there has been a free line
      while (true) {
        long now = System.nanoTime();
        boolean over = stopped || now - began >= span.toNanos() || sent >= count;
        boolean none = free.isEmpty();
        boolean waiting = false;
        while (!over && !free.isEmpty() && !waiting) {
          long due = perSecond == 0 ? now : began + (long) (sent * 1e9 / perSecond);
          waiting = due - now > 0;
          if (!waiting) {
            if (requests.hasNext()) {
              now = System.nanoTime();
              free.remove().send(requests.next(), due - freed < 0 ? due : System.nanoTime());
              over = ++sent >= count;
            } else {
              count = sent;
              over = true;
            }
          }
        }
        if (over && lines.stream().noneMatch(Line::busy)) {
          tally.end(System.nanoTime() - began);
          return tally;
        }
        none |= free.isEmpty();
        boolean soon = waiting && perSecond * LOOK_MILLIS > 1000.0 / LOOK_MILLIS;
        selector.select(
            key -> ((CallLoad<?>.Line) key.attachment()).act(key), soon ? 1 : LOOK_MILLIS);
        long after = System.nanoTime();
        if (none && !free.isEmpty()) {
          freed = after;
        }
        for (Line line : lines) {
          line.look(after);
        }
      }
    } finally {
      lines.forEach(Line::close);
    }
  }

  /** A client with its connection. */
  private final class Line {
    private final Selector selector;
    private final Tally tally;
    private final byte[] head = new byte[MOST_HEAD];
    private final StringBuilder told = new StringBuilder();
    private @Nullable SocketChannel channel;
    private @Nullable ByteBuffer out;
    private @Nullable R request;
    private long began;
    private long until;
    private long again = System.nanoTime();
    private int filled;
    private long body = -1; // -1 while the head is read
    private int status;
    private boolean retryAfter;
    private boolean last;

    Line(Selector selector, Tally tally) {
      this.selector = selector;
      this.tally = tally;
    }

    boolean busy() {
      return request != null;
    }

    void send(R next, long since) {
      request = next;
      began = since;
      until = System.nanoTime() + patience;
      out = ByteBuffer.wrap(next.wire);
      filled = 0;
      body = -1;
      told.setLength(0);
      try {
        write();
      } catch (IOException e) {
        lost();
      }
    }

    private void write() throws IOException {
      if (channel == null || out == null) {
        return;
      }
      channel.write(out);
      channel
          .keyFor(selector)
          .interestOps(SelectionKey.OP_READ | (out.hasRemaining() ? SelectionKey.OP_WRITE : 0));
    }

    void act(SelectionKey key) {
      try {
        if (channel == null || !key.isValid()) {
          return;
        }
        if (key.isConnectable() && channel.finishConnect()) {
          key.interestOps(SelectionKey.OP_READ);
          free.add(this);
          return;
        }
        if (key.isWritable()) {
          write();
        }
        if (key.isReadable()) {
          read();
        }
      } catch (IOException e) {
        lost();
      }
    }

    private void read() throws IOException {
      if (channel == null) {
        return;
      }
      chunk.clear();
      int n = channel.read(chunk);
      if (n < 0) {
        throw new IOException("the connection ended");
      }
      chunk.flip();
      while (chunk.hasRemaining()) {
        if (request == null) {
          throw new IOException("more than was asked for");
        }
        if (body < 0) {
          readHead();
        } else {
          int part = (int) Math.min(body, chunk.remaining());
          if (status / 100 != 2 && told.length() < MOST_TOLD) {
            byte[] text = new byte[Math.min(part, MOST_TOLD)];
            chunk.duplicate().get(text);
            told.append(new String(text, StandardCharsets.UTF_8));
          }
          chunk.position(chunk.position() + part);
          body -= part;
        }
        if (body == 0) {
          answered();
        }
      }
    }

    private void readHead() throws IOException {
      while (chunk.hasRemaining() && body < 0) {
        if (filled == head.length) {
          throw new IOException("a head without end");
        }
        head[filled++] = chunk.get();
        if (filled >= 4
            && head[filled - 1] == '\n'
            && head[filled - 2] == '\r'
            && head[filled - 3] == '\n') {
          parse(new String(head, 0, filled, StandardCharsets.ISO_8859_1));
        }
      }
    }

    private void parse(String text) throws IOException {
      status = Integer.parseInt(text.substring(STATUS, STATUS + 3));
      retryAfter = false;
      last = false;
      body = 0;
      for (String row : text.lines().skip(1).toList()) {
        int colon = row.indexOf(':');
        String value = row.substring(colon + 1).strip();
        switch (row.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT)) {
          case "content-length" -> body = Long.parseLong(value);
          case "retry-after" -> retryAfter = true;
          case "connection" -> last = value.equalsIgnoreCase("close");
          case "transfer-encoding" -> throw new IOException("an answer in chunks is not read here");
          default -> {}
        }
      }
    }

    private void answered() {
      boolean closes = last;
      end(new Answer(status, retryAfter, System.nanoTime() - began, told.toString()));
      if (closes) {
        close();
      } else {
        free.add(this);
      }
    }

    private void lost() {
      close();
      if (request != null) {
        end(new Answer(0, false, System.nanoTime() - began, ""));
      }
    }

    private void end(Answer answer) {
      R done = request;
      request = null;
      out = null;
      tally.add(answer);
      if (done != null) {
        ended.accept(done, answer);
      }
    }

    /** Gives up on what takes too long, and connects anew after a while. */
    void look(long now) {
      if (request != null && until - now < 0) {
        lost();
      }
      if (channel == null && again - now <= 0) {
        connect();
      }
    }

    private void connect() {
      try {
        SocketChannel opened = SocketChannel.open();
        channel = opened;
        opened.configureBlocking(false);
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
        boolean at = opened.connect(address);
        opened.register(selector, at ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
        if (at) {
          free.add(this);
        }
      } catch (IOException e) {
        close();
      }
    }

    void close() {
      free.remove(this);
      again = System.nanoTime() + AGAIN_NANOS;
      if (channel != null) {
        try {
          channel.close();
        } catch (IOException e) {
          // it is gone in any case
        }
        channel = null;
      }
    }
  }
}
