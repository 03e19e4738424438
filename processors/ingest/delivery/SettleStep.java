package ingest.delivery;

import java.sql.SQLException;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settles the batch of the exchange and tells its lane whether the target works. */
public final class SettleStep implements Processor {
  private static final Logger LOG = LoggerFactory.getLogger(SettleStep.class);

  private final Settlement settlement;
  private final Lanes lanes;
  private final DeliveryMetrics metrics;

  public SettleStep(Settlement settlement, Lanes lanes, DeliveryMetrics metrics) {
    this.settlement = settlement;
    this.lanes = lanes;
    this.metrics = metrics;
  }

  @Override
  public void process(Exchange exchange) throws SQLException {
    Batch batch = exchange.getMessage().getBody(Batch.class);
    int late = settlement.settle(batch);
    if (late > 0) {
      LOG.info("deliver {}: {} leases had run out", batch.target().name(), late);
    }
    metrics.settled(batch, late);
    Lane lane = lanes.lane(batch.target().name());
    Outcome.TargetBroken broken = batch.broken();
    if (broken != null) {
      lane.broken(broken);
    } else if (batch.targetWorks()) {
      lane.works();
    }
  }
}
