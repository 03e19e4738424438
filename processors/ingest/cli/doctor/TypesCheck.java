package ingest.cli.doctor;

import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidSchema;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The registered types, and those that environments without a projector of them just record. */
final class TypesCheck implements Doctor.Check {
  private final Path routes;

  TypesCheck(Path root) {
    this.routes = root.resolve("routes");
  }

  @Override
  public void examine(Consumer<Finding> told) {
    String what = "event types";
    if (!Files.isDirectory(routes)) {
      told.accept(
          Finding.fail(what, "there is no folder routes", "start it in the repository's root"));
      return;
    }
    try {
      EventTypes types = EventTypes.load(routes);
      List<String> recorded =
          types.all().stream().filter(EventType::recorded).map(EventType::type).toList();
      told.accept(
          Finding.ok(
              what,
              types.all().size()
                  + " registered"
                  + (recorded.isEmpty()
                      ? ""
                      : "; just recorded where nothing projects them: "
                          + String.join(", ", recorded))));
    } catch (InvalidSchema e) {
      String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      told.accept(Finding.fail(what, first, "mend the schema; until then nothing starts"));
    }
  }
}
