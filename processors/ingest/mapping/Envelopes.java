package ingest.mapping;

import ingest.envelope.Envelope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Collects the envelopes of a {@code split}, so that a message is committed as a whole: the body
 * becomes a list of them. One item that fails fails them all. Items that are no events are left out
 * by the split's own expression, {@code $.items[?(@.live == true)]}.
 */
public final class Envelopes implements AggregationStrategy {
  @Override
  public Exchange aggregate(@Nullable Exchange collected, Exchange item) {
    Exchange all = collected == null ? item : collected;
    if (item.getException() != null) {
      all.setException(item.getException());
      return all;
    }
    List<Envelope> envelopes = new ArrayList<>();
    if (collected != null) {
      add(collected.getMessage().getBody(), envelopes);
    }
    add(item.getMessage().getBody(), envelopes);
    all.getMessage().setBody(envelopes, List.class);
    return all;
  }

  /** A split of nothing collects nothing; without this it would hand on what it was to split. */
  @Override
  public void onCompletion(@Nullable Exchange collected, Exchange message) {
    if (collected == null) {
      message.getMessage().setBody(List.of(), List.class);
    }
  }

  private static void add(Object body, List<Envelope> envelopes) {
    for (Object part : body instanceof Collection<?> several ? several : List.of(body)) {
      if (!(part instanceof Envelope envelope)) {
        throw new IllegalStateException(
            "an item of the split is no envelope: its last step is bean:envelope or bean:mapper");
      }
      envelopes.add(envelope);
    }
  }
}
