package ingest.channel;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An event of a generated world, read on its own: nothing of {@link Sighting} is asked. */
record Seen(Envelope event) {
  JsonNode data() {
    return event.data();
  }

  String platform() {
    return event.source();
  }

  String channel() {
    return event.subject();
  }

  @Nullable String slug() {
    return data().has("slug") ? data().get("slug").asText().toLowerCase(Locale.ROOT) : null;
  }

  /** In microseconds, which is also when its span begins. */
  long rev() {
    return data().has("stream_rev")
        ? Long.parseLong(data().get("stream_rev").asText())
        : Envelope.micros(event.time());
  }

  Revision revision() {
    return new Revision(rev(), event.id());
  }
}
