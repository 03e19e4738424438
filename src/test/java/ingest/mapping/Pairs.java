package ingest.mapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * The cases of a mapper: {@code payloads/<type>/<case>.payload.json}, and beside it either {@code
 * <case>.envelope.json}, the list of what comes of it, or {@code <case>.error.txt}, what is said of
 * it. Each was polled at 03:15:02 for the slot of 03:15.
 */
public final class Pairs {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PAYLOAD = ".payload.json";
  private static final Arrival ARRIVAL =
      new Arrival(
          Instant.parse("2026-09-24T03:15:02.123456Z"),
          Instant.parse("2026-09-24T03:15:00Z"),
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

  private Pairs() {}

  /** Walks the mapper's cases; there has to be one, and no file that belongs to none. */
  public static void hold(Mapper mapper, EventTypes types, Path payloads) throws IOException {
    Path folder = payloads.resolve(mapper.type());
    EventType type = types.find(mapper.type()).orElseThrow();
    List<String> files;
    try (Stream<Path> found = Files.list(folder)) {
      files = found.map(f -> String.valueOf(f.getFileName())).sorted().toList();
    }
    List<String> cases =
        files.stream()
            .filter(f -> f.endsWith(PAYLOAD))
            .map(f -> f.substring(0, f.length() - PAYLOAD.length()))
            .toList();
    assertTrue(!cases.isEmpty(), folder + " has no case");
    for (String file : files) {
      assertTrue(cases.contains(file.substring(0, file.indexOf('.'))), file + " has no payload");
    }
    for (String name : cases) {
      JsonNode payload = JSON.readTree(folder.resolve(name + PAYLOAD).toFile());
      Path error = folder.resolve(name + ".error.txt");
      if (Files.exists(error)) {
        assertEquals(
            Files.readString(error).strip(),
            assertThrows(InvalidEnvelope.class, () -> mapper.map(payload, type, ARRIVAL))
                .getMessage(),
            name);
        continue;
      }
      ArrayNode written = JSON.createArrayNode();
      for (Envelope envelope : mapper.map(payload, type, ARRIVAL)) {
        types.check(envelope);
        written.add(JSON.readTree(envelope.toJson()));
      }
      assertEquals(
          JSON.readTree(folder.resolve(name + ".envelope.json").toFile()).toPrettyString(),
          written.toPrettyString(),
          name);
    }
  }
}
