package ingest.fuzz;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.webhook.Call;
import ingest.webhook.CallMapping;
import ingest.webhook.CallPairs;
import ingest.webhook.Mapped;
import ingest.webhook.Sender;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whatever is verified becomes events that can be committed: with ids, of their schema, and in
 * characters that the stores can hold.
 */
final class MapperSubject implements Subject {
  /** Headers without which no call is verified. */
  private static final Set<String> SIGNED =
      Set.of(
          "kick-event-message-id",
          "kick-event-message-timestamp",
          "svix-id",
          "svix-timestamp",
          "token");

  private final Sender sender;
  private final CallMapping mapping;
  private final EventTypes types;
  private final List<Sample> genuine;

  MapperSubject(Sender sender, CallMapping mapping, EventTypes types, List<Sample> genuine) {
    this.sender = sender;
    this.mapping = mapping;
    this.types = types;
    this.genuine = genuine;
  }

  @Override
  public String name() {
    return "mappers " + sender.source();
  }

  @Override
  public List<Sample> genuine() {
    return genuine;
  }

  @Override
  public Taken take(Sample sample) {
    Call call = CallPairs.call(sender, verifiable(sample.headers), sample.body);
    Mapped mapped = mapping.map(call);
    mapping.kept(call);
    String wrong = mapped.envelopes().isEmpty() ? "became no event at all" : null;
    for (Envelope envelope : mapped.envelopes()) {
      types.check(envelope);
      String json = envelope.toJson();
      wrong = wrong == null ? unstorable(json) : wrong;
    }
    List<Envelope> again = mapping.map(call).envelopes();
    if (!again.stream()
        .map(Envelope::id)
        .toList()
        .equals(mapped.envelopes().stream().map(Envelope::id).toList())) {
      wrong = "became another event the second time";
    }
    return new Taken(mapped.kind().name(), wrong);
  }

  /** With those that are signed in the form that a verifier lets pass. */
  private Map<String, String> verifiable(Map<String, String> headers) {
    Map<String, String> verifiable = new TreeMap<>(headers);
    genuine
        .get(0)
        .headers
        .forEach(
            (name, value) -> {
              if (SIGNED.contains(name)
                  && !verifiable.getOrDefault(name, "").matches("[\\x21-\\x7e]{1,256}")) {
                verifiable.put(name, value);
              }
            });
    return verifiable;
  }

  private static @Nullable String unstorable(String json) {
    if (json.indexOf('\0') >= 0 || json.contains("\\u0000")) {
      return "has a character that PostgreSQL has not";
    }
    try {
      StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json));
      return null;
    } catch (CharacterCodingException e) {
      return "has half a character, which is no UTF-8";
    }
  }
}
