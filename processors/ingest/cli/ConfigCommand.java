package ingest.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Mask;
import ingest.settings.Setting;
import ingest.settings.Settings;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the settings of a process that would start here; needs no running ingest and no store. */
@Command(
    name = "config",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows each setting with the value a start from here would take, and where it comes from. A * marks what differs from its default.",
      "Secrets are shown as "
          + Mask.HIDDEN
          + ". Reads settings alone, no store. What run works out for embedded parts it starts (DSNs, ports, KICK_API_URL, the target stage) is not here: run prints it, and run --only-stores writes it to stores.env."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest config --changed",
      "  bin/ingest config kick deliver.lease   a group, and one key",
      "  INGEST_ENV=production bin/ingest config KICK_API_URL --json"
    })
final class ConfigCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "KEY",
      description = "Show these keys, groups (the words a key begins with) or variables only.")
  private List<String> only = List.of();

  @Option(names = "--changed", description = "Show only what differs from its default.")
  private boolean changed;

  @Option(names = "--json", description = "Print the settings as JSON.")
  private boolean json;

  private final Supplier<Settings> settings;
  private final Surroundings around;

  ConfigCommand(Supplier<Settings> settings, Surroundings around) {
    this.settings = settings;
    this.around = around;
  }

  @Override
  public Integer call() {
    List<Setting> all = settings.get().known();
    for (String asked : only) {
      if (all.stream().noneMatch(s -> s.isIn(asked))) {
        throw new CommandFailure.Misuse(
            Text.oneLine(asked.replaceFirst("=.*", ""))
                + ": there is no such setting; see bin/ingest config");
      }
    }
    Mask mask = Mask.of(all);
    List<Setting> shown =
        all.stream()
            .filter(s -> only.isEmpty() || only.stream().anyMatch(s::isIn))
            .filter(s -> !changed || s.isChanged())
            .toList();
    if (json) {
      Json.print(json(shown, mask), around);
    } else {
      Table table = new Table("", "key", "value", "from");
      shown.forEach(
          s ->
              table.row(
                  s.isChanged() ? "*" : "",
                  s.key(),
                  s.isSet() ? mask.value(s) : "not set",
                  from(s)));
      table.print(around.out(), around.ansi());
    }
    return 0;
  }

  private static String from(Setting setting) {
    if (!setting.isSet()) {
      return "-";
    }
    return switch (setting.origin()) {
      case Settings.ENVIRONMENT, Settings.SECRETS_FILE ->
          setting.origin() + " " + Settings.variable(setting.key());
      default -> setting.origin();
    };
  }

  private static ObjectNode json(List<Setting> shown, Mask mask) {
    ObjectNode answer = new ObjectMapper().createObjectNode();
    ArrayNode settings = answer.putArray("settings");
    for (Setting setting : shown) {
      settings
          .addObject()
          .put("key", setting.key())
          .put("variable", Settings.variable(setting.key()))
          .put("value", setting.isSet() ? mask.value(setting) : null)
          .put("origin", setting.isSet() ? setting.origin() : null)
          .put("default", setting.standard().isEmpty() ? null : mask.standard(setting))
          .put("changed", setting.isChanged())
          .put("secret", mask.hides(setting));
    }
    return answer;
  }
}
