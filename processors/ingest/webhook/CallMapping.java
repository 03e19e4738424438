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
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Maps verified calls to events. What is not understood is one event {@code <source>.unmapped},
 * which the archive alone gets, so that it can be mapped later. A call of several types has that
 * event beside those that were understood.
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
  private final Set<String> privates;

  /** Without private types. */
  public CallMapping(Collection<Mapper> mappers, EventTypes types) {
    this(mappers, types, Set.of());
  }

  /** {@code privates}: the sources whose private types are on. */
  public CallMapping(Collection<Mapper> mappers, EventTypes types, Set<String> privates) {
    mappers.forEach(m -> this.mappers.put(m.type(), m));
    this.types = types;
    this.privates = Set.copyOf(privates);
  }

  /** What the archive keeps of a call that was mapped: never what is private, where that is off. */
  public byte[] kept(Call call) {
    return call.sender.kept(call.body, privates.contains(call.sender.source()));
  }

  /** Never throws for what a body says; the envelopes are held against their schemas. */
  public Mapped map(Call call) {
    JsonNode body;
    try {
      body = WholeCharacters.of(JSON.readTree(call.body));
    } catch (IOException | NumberFormatException e) { // an exponent that nothing holds
      return unmapped(call, MissingNode.getInstance(), "is not JSON", Mapped.Kind.UNPARSEABLE);
    }
    if (body.isMissingNode()) {
      return unmapped(call, body, "is empty", Mapped.Kind.UNPARSEABLE);
    }
    List<Envelope> envelopes = new ArrayList<>();
    String reason = "";
    try {
      for (String name : call.sender.types(call.headers, body)) {
        Optional<EventType> type = types.find(name);
        Mapper mapper = mappers.get(name);
        if (type.isEmpty() || mapper == null) {
          reason = "is of no type that is registered";
          continue;
        }
        if (type.get().pii() == EventType.Pii.PRIVATE && !privates.contains(type.get().source())) {
          reason = "is of a private type, and those are off";
          continue;
        }
        for (Envelope envelope : mapper.map(body, type.get(), call.arrival)) {
          types.check(envelope);
          envelopes.add(envelope);
        }
      }
    } catch (InvalidEnvelope e) {
      return unmapped(call, body, String.valueOf(e.getMessage()), Mapped.Kind.UNPARSEABLE);
    }
    if (envelopes.isEmpty() || !reason.isEmpty()) {
      Mapped rest =
          unmapped(
              call, body, reason.isEmpty() ? "has nothing in it" : reason, Mapped.Kind.UNMAPPED);
      envelopes.addAll(rest.envelopes());
      return new Mapped(envelopes, rest.kind(), rest.said());
    }
    return new Mapped(envelopes, Mapped.Kind.MAPPED, call.sender.said(call.headers, body));
  }

  private Mapped unmapped(Call call, JsonNode body, String reason, Mapped.Kind kind) {
    String source = call.sender.source();
    EventType type =
        types
            .find(source + ".unmapped")
            .orElseThrow(
                () ->
                    new IllegalStateException("no schema registers %s.unmapped".formatted(source)));
    String said = cut(WholeCharacters.of(call.sender.said(call.headers, body)));
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("type", said);
    data.put("reason", reason);
    data.put("bytes", call.body.length);
    Draft draft =
        Draft.keyed(
                type,
                source + ":webhook",
                call.message.id(),
                call.message.since() == null ? Instant.EPOCH : call.message.since(),
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
