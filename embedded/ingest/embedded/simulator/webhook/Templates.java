package ingest.embedded.simulator.webhook;

import static java.util.stream.Collectors.toMap;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.embedded.simulator.InvalidRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A body of every type of every sender, as documented and seen: {@code
 * embedded/senders/<sender>/<type>.json}. Each tells of the first moment of 2026; see {@link
 * Story}, which makes it new.
 */
final class Templates {
  private static final Path FOLDER = Path.of("embedded/senders");
  private static final String ENDING = ".json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<SendingParty, Map<String, String>> bodies = new EnumMap<>(SendingParty.class);

  private Templates() {}

  static Templates read() {
    Templates templates = new Templates();
    for (SendingParty party : SendingParty.values()) {
      try (Stream<Path> files = Files.list(FOLDER.resolve(party.word()))) {
        templates.bodies.put(
            party,
            files.collect(
                toMap(
                    file -> String.valueOf(file.getFileName()).replace(ENDING, ""),
                    Templates::compact,
                    (one, other) -> one,
                    TreeMap::new)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return templates;
  }

  private static String compact(Path file) {
    try {
      return JSON.readTree(file.toFile()).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of a sender's, in order. */
  List<String> of(SendingParty party) {
    return List.copyOf(bodies.getOrDefault(party, Map.of()).keySet());
  }

  /**
   * One of them.
   *
   * @throws InvalidRequest that lists the names when there is none of this
   */
  String body(SendingParty party, String name) {
    String body = bodies.getOrDefault(party, Map.of()).get(name);
    if (body == null) {
      throw new InvalidRequest(
          "a type of %s is one of %s".formatted(party.word(), String.join(", ", of(party))));
    }
    return body;
  }
}
