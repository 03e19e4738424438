package ingest.channel;

import ingest.envelope.EventTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** Kick's own types, and those of Acme, whose one schema takes anything. */
final class ObservingTypes {
  static final String KICK = "kick.viewer_count.observed";
  static final String ACME = "acme.channel.seen";

  private ObservingTypes() {}

  static EventTypes in(Path empty) throws IOException {
    for (Path schemas : List.of(Path.of("src/test/resources/channels"), Path.of("routes/kick"))) {
      try (Stream<Path> files = Files.list(schemas)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".schema.json")).toList()) {
          Files.copy(file, empty.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return EventTypes.load(empty);
  }
}
