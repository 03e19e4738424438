package ingest.outbox;

import ingest.envelope.Envelope;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.jspecify.annotations.Nullable;

/**
 * Body: an {@link Intake}, an {@link Envelope} or a list of them in, a {@link Committed} out.
 * Before this step anything may repeat.
 *
 * <p>Asynchronous: while it waits for a commit that it shares, a message holds no thread. One with
 * effects of its own (a poll, a claim) has a commit of its own.
 */
public final class OutboxCommit extends AsyncProcessorSupport {
  private final Outbox outbox;
  private final SharedCommits shared;

  public OutboxCommit(Outbox outbox, SharedCommits shared) {
    this.outbox = outbox;
    this.shared = shared;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    try {
      Intake intake = intake(exchange.getMessage().getBody());
      if (!intake.effects().isEmpty()) {
        exchange.getMessage().setBody(outbox.commit(intake));
        callback.done(true);
        return true;
      }
      shared.commit(intake, (committed, failure) -> done(exchange, callback, committed, failure));
      return false;
    } catch (SQLException | RuntimeException e) {
      exchange.setException(e);
      callback.done(true);
      return true;
    }
  }

  private static void done(
      Exchange exchange,
      AsyncCallback callback,
      @Nullable Committed committed,
      @Nullable Throwable failure) {
    if (failure != null) {
      exchange.setException(failure);
    } else {
      exchange.getMessage().setBody(committed);
    }
    callback.done(false);
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
