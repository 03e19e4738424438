package ingest.delivery;

import io.vertx.core.Vertx;
import java.time.Duration;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts a claimed batch to its target. Runs between claim and settle, outside any transaction:
 * whatever happens here, an event may be sent again.
 *
 * <p>A long batch renews its lease between requests; when its lane is stopped, the request on its
 * way is the last.
 */
public final class HttpSender implements Processor, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpSender.class);

  private final Posting posting;
  private final Lanes lanes;

  public HttpSender(Vertx vertx, Lanes lanes, Duration timeout, DeliveryMetrics metrics) {
    this.posting = new Posting(vertx, timeout, metrics::attempt);
    this.lanes = lanes;
  }

  @Override
  public void process(Exchange exchange) {
    Batch batch = exchange.getMessage().getBody(Batch.class);
    Lane lane = lanes.lane(batch.target().name());
    try {
      posting.post(batch, lane.doubtful(), () -> lane.goesOn(batch));
    } catch (InterruptedException e) { // the lane is stopped and has no more patience
      LOG.info("deliver {}: a request was broken off by the stop", batch.target().name());
    }
  }

  @Override
  public void close() {
    posting.close();
  }
}
