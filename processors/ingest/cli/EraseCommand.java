package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Removes a person from every store. */
@Command(
    name = "erase",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Removes a person from every store, and tells what was found where.",
      "",
      "An event that names the person becomes a tombstone: its id, type and time stay, so that all balances hold. Calls, rows of telemetry, lines of exported chat and what dm and environments know go. Store after store is searched, and all of them again until nothing is found.",
      "",
      "What happened before the command, or within two minutes after it, does not come back: not late, not by refeed, not by a replay. What happens afterwards is news: an account that goes on chatting is seen again.",
      "",
      "A person is found by the ids of accounts, applicants and addresses that are given here, and by what these lead to: the channel of an account, the e-mails of an address. What others wrote with a name in it is found by --name alone, as a word. Nothing of this is kept when it is done but salted hashes; so leave names out of --why."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest erase --subject kick:900000101 --dry-run",
      "  bin/ingest erase --subject kick:900000101 --subject x:1000000000000000002 --name maple_fan --why 'request 4711'",
      "  bin/ingest erase --applicant 172dd4a0366000604e2c4de4",
      "  bin/ingest erase --email person@example.org --detach"
    })
final class EraseCommand implements Callable<Integer> {
  @Mixin private final ApiOptions api;
  private final Surroundings around;
  private final OperationWatch watch;

  @Option(
      names = "--subject",
      paramLabel = "PLATFORM:ID",
      description =
          "An account, such as kick:900000101; also sumsub:<our id of a user>. May be repeated.")
  private List<String> subjects = List.of();

  @Option(
      names = "--applicant",
      paramLabel = "ID",
      description = "Sumsub's id of an applicant. May be repeated.")
  private List<String> applicants = List.of();

  @Option(
      names = "--email",
      paramLabel = "ADDRESS",
      description = "An address, wherever it stands. May be repeated.")
  private List<String> emails = List.of();

  @Option(
      names = "--name",
      paramLabel = "WORD",
      description =
          "A name, wherever it stands as a word: whatever others wrote with it in it goes as well. May be repeated.")
  private List<String> names = List.of();

  @Option(names = "--dry-run", description = "Only tell what would be erased.")
  private boolean dry;

  @Option(names = "--detach", description = "Begin it, and do not look at it.")
  private boolean detach;

  @Option(names = "--why", paramLabel = "WHY", description = "For the audit.")
  private @Nullable String why;

  EraseCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
    this.watch = new OperationWatch(api, around);
  }

  @Override
  public Integer call() {
    if (subjects.isEmpty() && applicants.isEmpty() && emails.isEmpty() && names.isEmpty()) {
      throw new CommandFailure.Misuse(
          "--subject, --applicant, --email or --name says who is meant");
    }
    AdminApi connection = api.connect();
    ObjectNode request = api.audited(why);
    subjects.forEach(request.putArray("subjects")::add);
    applicants.forEach(request.putArray("applicants")::add);
    emails.forEach(request.putArray("emails")::add);
    names.forEach(request.putArray("names")::add);
    request.put("dry_run", dry);
    JsonNode begun = connection.post("/admin/erasures", request, AdminApi.QUICK);
    long id = begun.path("operation").asLong();
    if (detach) {
      if (api.json()) {
        api.printJson(begun);
      } else {
        around
            .out()
            .println(
                "operation %1$d: `bin/ingest operations watch %1$d` looks at it".formatted(id));
      }
      return 0;
    }
    int ended = watch.watch(connection, id);
    if (!api.json()) {
      report(connection.get(OperationWatch.PATH + id).path("counts"));
    }
    return ended;
  }

  /** By store, what was found, erased and left. */
  private void report(JsonNode counts) {
    Map<String, ObjectNode> stores = new TreeMap<>();
    counts
        .properties()
        .forEach(
            count -> {
              int dot = count.getKey().lastIndexOf('.');
              if (dot > 0) {
                stores
                    .computeIfAbsent(
                        count.getKey().substring(0, dot),
                        s -> JsonNodeFactory.instance.objectNode())
                    .set(count.getKey().substring(dot + 1), count.getValue());
              }
            });
    Table table = new Table("STORE", "FOUND", "ERASED", "TOLD", "LEFT", "WHY");
    stores.forEach(
        (store, told) ->
            table.row(
                JsonNodeFactory.instance.textNode(store),
                told.path("found"),
                told.path("erased"),
                told.path("told"),
                told.path("left"),
                counts.path("why").path(store)));
    table.print(around.out(), around.ansi());
  }
}
