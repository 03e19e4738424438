package ingest.mapping;

import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * The step {@code bean:mapper}: has the {@link Mapper} of the variable {@code type} map the body,
 * which becomes the list of envelopes.
 */
public final class MapperStep implements Processor {
  private final Map<String, Mapper> mappers = new TreeMap<>();
  private final EventTypes types;
  private final Clock clock;

  public MapperStep(Collection<Mapper> found, EventTypes types, Clock clock) {
    this.types = types;
    this.clock = clock;
    for (Mapper mapper : found) {
      if (mappers.put(mapper.type(), mapper) != null) {
        throw new IllegalStateException("two mappers for " + mapper.type());
      }
    }
  }

  @Override
  public void process(Exchange exchange) {
    String name = exchange.getVariable("type", String.class);
    Mapper mapper = name == null ? null : mappers.get(name);
    if (mapper == null) {
      throw new IllegalStateException(
          name == null
              ? "the variable type is absent: which mapper is meant?"
              : "there is no mapper for " + name);
    }
    EventType type =
        types
            .find(mapper.type())
            .filter(t -> t.source().equals(mapper.source()))
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no schema registers %s of %s".formatted(mapper.type(), mapper.source())));
    exchange
        .getMessage()
        .setBody(
            mapper.map(
                Json.document(exchange.getMessage().getBody(), "the payload", exchange),
                type,
                Arrivals.of(exchange, clock)),
            List.class);
  }
}
