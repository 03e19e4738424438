package ingest.bench;

import ingest.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Request bodies of {@link #BATCH} events each, made before anything is measured; the last may have
 * fewer.
 */
record Bodies(Events source, int events, List<byte[]> all) {
  static final int BATCH = 500;

  static Bodies of(Events source, int events) {
    return new Bodies(
        source,
        events,
        batches(source, events).stream()
            .map(
                batch ->
                    batch.stream().map(Envelope::toJson).collect(Collectors.joining(",", "[", "]")))
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toList());
  }

  static List<List<Envelope>> batches(Events source, int events) {
    List<List<Envelope>> batches = new ArrayList<>();
    for (int i = 0; i < events; i += BATCH) {
      batches.add(source.events(i, Math.min(BATCH, events - i)));
    }
    return batches;
  }

  int sizeOf(int body) {
    return Math.min(BATCH, events - body * BATCH);
  }
}
