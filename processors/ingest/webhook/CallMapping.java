package ingest.webhook;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Maps verified calls to events. What is not understood is one event {@code <source>.unmapped},
 * which the archive alone gets, so that it can be mapped later.
 */
public final class CallMapping {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  /** What is told of a type that the sender named. */
  private static final int MOST_CHARACTERS = 100;

  private final Map<String, Mapper> mappers = new TreeMap<>();
  private final EventTypes types;

  public CallMapping(Collection<Mapper> mappers, EventTypes types) {
    mappers.forEach(m -> this.mappers.put(m.type(), m));
    this.types = types;
  }

  /** Never throws for what a body says; the envelopes have ids, and have not been checked. */
  public Mapped map(Call call) {
    JsonNode body;
    try {
      body = JSON.readTree(call.body);
    } catch (IOException e) {
      return unmapped(call, MissingNode.getInstance(), "is not JSON", Mapped.Kind.UNPARSEABLE);
    }
    List<Envelope> envelopes = new ArrayList<>();
    try {
      for (String name : call.sender.types(call.headers, body)) {
        Optional<EventType> type = types.find(name);
        Mapper mapper = mappers.get(name);
        if (type.isEmpty() || mapper == null) {
          return unmapped(call, body, "is of no type that is registered", Mapped.Kind.UNMAPPED);
        }
        for (Envelope envelope : mapper.map(body, type.get(), call.arrival)) {
          types.check(envelope);
          envelopes.add(envelope);
        }
      }
    } catch (InvalidEnvelope e) {
      return unmapped(call, body, String.valueOf(e.getMessage()), Mapped.Kind.UNPARSEABLE);
    }
    return envelopes.isEmpty()
        ? unmapped(call, body, "has nothing in it", Mapped.Kind.UNMAPPED)
        : new Mapped(envelopes, Mapped.Kind.MAPPED, call.sender.said(call.headers, body));
  }

  private Mapped unmapped(Call call, JsonNode body, String reason, Mapped.Kind kind) {
    String source = call.sender.source();
    EventType type =
        types
            .find(source + ".unmapped")
            .orElseThrow(
                () ->
                    new IllegalStateException("no schema registers %s.unmapped".formatted(source)));
    String said = cut(call.sender.said(call.headers, body));
    Arrival.Message message =
        call.arrival.message() == null
            ? new Arrival.Message("", null, null)
            : call.arrival.message();
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("type", said);
    data.put("reason", reason);
    data.put("bytes", call.body.length);
    Draft draft =
        Draft.keyed(
                type,
                source + ":webhook",
                message.id(),
                message.since() == null ? Instant.EPOCH : message.since(),
                data)
            .at(null);
    return new Mapped(List.of(draft.envelope(call.arrival)), kind, said);
  }

  private static String cut(String text) {
    int characters = text.codePointCount(0, text.length());
    return text.substring(0, text.offsetByCodePoints(0, Math.min(characters, MOST_CHARACTERS)))
        .replace("\0", "");
  }
}
