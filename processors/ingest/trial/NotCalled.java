package ingest.trial;

import java.util.Optional;
import java.util.Set;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.EndpointStrategy;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultProducer;

/** Takes the place of every endpoint that leads out of the process by a way nobody watches. */
final class NotCalled implements EndpointStrategy {
  private static final Set<String> WATCHED =
      Set.of("direct", "http", "https", "sql", "log", "bean", "class", "language");

  private final Journal journal;
  private final Given given;

  NotCalled(Journal journal, Given given) {
    this.journal = journal;
    this.given = given;
  }

  @Override
  public Endpoint registerEndpoint(String uri, Endpoint endpoint) {
    String scheme = uri.replaceFirst(":.*", "");
    return WATCHED.contains(scheme) ? endpoint : new InItsPlace(uri, endpoint);
  }

  private final class InItsPlace extends DefaultEndpoint {
    InItsPlace(String uri, Endpoint endpoint) {
      super(uri, component(endpoint));
    }

    @Override
    public Producer createProducer() {
      return new DefaultProducer(this) {
        @Override
        public void process(Exchange exchange) {
          String told = getEndpointUri().replaceFirst("\\?.*", "");
          journal.add(new Entry.NotCalled(Steps.current(), told));
          Optional<Answer> answer = given.answer(Steps.current(), told, false);
          if (answer.isEmpty()) {
            journal.end("%s calls %s, which a trial does not".formatted(Steps.current(), told));
            return;
          }
          exchange.getMessage().setBody(answer.get().body());
          answer.get().headers().forEach(exchange.getMessage()::setHeader);
        }
      };
    }

    @Override
    public Consumer createConsumer(Processor processor) {
      throw new UnsupportedOperationException(getEndpointUri());
    }
  }

  private static org.apache.camel.Component component(Endpoint endpoint) {
    return endpoint
        .getCamelContext()
        .getComponent(endpoint.getEndpointUri().replaceFirst(":.*", ""));
  }
}
