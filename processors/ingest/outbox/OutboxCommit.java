package ingest.outbox;

import java.sql.SQLException;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Body: an {@link Intake} in, a {@link Committed} out. Before this step anything may repeat. */
public final class OutboxCommit implements Processor {
  private final Outbox outbox;

  public OutboxCommit(Outbox outbox) {
    this.outbox = outbox;
  }

  @Override
  public void process(Exchange exchange) throws SQLException {
    Intake intake = exchange.getMessage().getBody(Intake.class);
    exchange.getMessage().setBody(outbox.commit(intake));
  }
}
