package ingest.embedded.simulator;

import io.netty.channel.ChannelOption;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Arrays;

/**
 * The faults that no route can carry out, because they are the connection's or have no end. They
 * take timers and no thread, so that many at once keep nobody else from an answer.
 */
final class Breakdown {
  private static final Duration LONGEST_HANG = Duration.ofSeconds(60);

  /** Far more than any client may take in, and still an end. */
  private static final long HUGE = 1L << 28;

  private static final int ANNOUNCED = 4096;

  private Breakdown() {}

  /** Keeps the connection open until the client gives up, but not for ever. */
  static void hang(RoutingContext call) {
    long end =
        call.vertx()
            .setTimer(LONGEST_HANG.toMillis(), timer -> call.request().connection().close());
    call.response().closeHandler(closed -> call.vertx().cancelTimer(end));
  }

  /** Ends the connection with a TCP reset instead of an answer. */
  static void reset(RoutingContext call) {
    ConnectionBase connection = (ConnectionBase) call.request().connection();
    connection.channel().config().setOption(ChannelOption.SO_LINGER, 0);
    connection.close();
  }

  /**
   * JSON without a stated length that goes on and on, as fast as the client reads, until it leaves
   * or {@link #HUGE} bytes were sent.
   */
  static void huge(RoutingContext call) {
    HttpServerResponse answer = call.response().setChunked(true);
    answer.putHeader("Content-Type", "application/json");
    byte[] letters = new byte[1 << 16];
    Arrays.fill(letters, (byte) 'a');
    Buffer more = Buffer.buffer(letters);
    answer.write("{\"message\":\"OK\",\"data\":[{\"description\":\"");
    Handler<Void> pour =
        new Handler<>() {
          private long sent;

          @Override
          public void handle(Void drained) {
            while (!answer.closed() && !answer.ended() && !answer.writeQueueFull()) {
              if (sent >= HUGE) {
                answer.end("\"}]}");
                return;
              }
              answer.write(more);
              sent += more.length();
            }
          }
        };
    answer.drainHandler(pour);
    pour.handle(null);
  }

  /** Announces a body and breaks off soon after its beginning. */
  static void breakOff(RoutingContext call) {
    call.response()
        .putHeader("Content-Type", "application/json")
        .putHeader("Content-Length", String.valueOf(ANNOUNCED))
        .end(Buffer.buffer("{\"data\":[{\"id\":"))
        .onComplete(sent -> call.request().connection().close());
  }

  /** Well-formed JSON of a shape that no API has. */
  static void otherTypes(RoutingContext call) {
    call.response()
        .putHeader("Content-Type", "application/json")
        .end("[{\"data\":\"many\"},[true,null],1.5]");
  }
}
