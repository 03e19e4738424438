package ingest.outbox;

import ingest.envelope.Envelope;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Body: an {@link Intake}, an {@link Envelope} or a list of them in, a {@link Committed} out.
 * Before this step anything may repeat.
 */
public final class OutboxCommit implements Processor {
  private final Outbox outbox;

  public OutboxCommit(Outbox outbox) {
    this.outbox = outbox;
  }

  @Override
  public void process(Exchange exchange) throws SQLException {
    exchange.getMessage().setBody(outbox.commit(intake(exchange.getMessage().getBody())));
  }

  /**
   * What a body is to commit.
   *
   * @throws IllegalStateException when there is no envelope in it
   */
  public static Intake intake(@Nullable Object body) {
    if (body instanceof Intake intake) {
      return intake;
    }
    List<Envelope> envelopes = new ArrayList<>();
    for (Object part :
        body instanceof Collection<?> several ? several : List.of(body == null ? "" : body)) {
      if (!(part instanceof Envelope envelope)) {
        throw new IllegalStateException(
            "there is no envelope to commit: the step before it is bean:envelope, bean:mapper or a split that collects with envelopes");
      }
      envelopes.add(envelope);
    }
    return new Intake(envelopes, List.of());
  }
}
