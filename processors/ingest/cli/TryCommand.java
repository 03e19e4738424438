package ingest.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a route once, for whoever edits it. */
@Command(
    name = "try",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Runs one route once, as it is in routes/ now, and tells each step: the requests it makes, the SQL it runs, the envelopes it would commit, what of them is off its schema or a duplicate, what the error policy does.",
      "",
      "Nothing is committed, and no cursor, claim or store is touched. SQL runs on the dm database of DM_DATABASE_URL, or of a bin/ingest run on this DATA_DIR, in a transaction that is rolled back; where neither is reached, --rows gives what its steps answer. Rows that it claims are locked until it ends, and a running poller passes them over. A poller runs for one page, switched off or not.",
      "",
      "No request leaves without --live: --body gives the upstream's answer, a token is made up. With --live GETs and requests for a token go out, with the settings and secrets of this machine; anything else ends the trial.",
      "",
      "Exits with 1 when an envelope is off its schema, a step failed, or the trial could not go on; the message names the route and the step."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest try kick-viewers --live",
      "  bin/ingest try kick-viewers --body answer.json --rows due-channels.json",
      "  bin/ingest try internal-events --body batch.json --header webhook-id=1 --json"
    })
final class TryCommand implements Callable<Integer> {
  private final Runtime runtime;
  private final Surroundings around;

  @Parameters(paramLabel = "ROUTE", description = "The id of a route, which is its file's name.")
  private String route = "";

  @Option(
      names = "--body",
      paramLabel = "FILE",
      description =
          "Of a poller what the upstream answers; of an HTTP route or a direct: helper the message that comes in.")
  private @Nullable String body;

  @Option(
      names = "--rows",
      paramLabel = "FILE",
      description =
          "JSON: a list of rows for the first SQL step, or an object with a list for each step by its id.")
  private @Nullable String rows;

  @Option(
      names = "--header",
      paramLabel = "NAME=VALUE",
      description = "A header of the message that comes in; may be repeated.")
  private Map<String, String> headers = new LinkedHashMap<>();

  @Option(names = "--live", description = "Ask the upstream.")
  private boolean live;

  @Option(names = "--json", description = "One JSON document in place of lines.")
  private boolean json;

  TryCommand(Runtime runtime, Surroundings around) {
    this.runtime = runtime;
    this.around = around;
  }

  @Override
  public Integer call() {
    TrialOptions options =
        new TrialOptions(route, read(body), read(rows), Map.copyOf(headers), live, json);
    return runtime.trial(options, around.out(), around.err());
  }

  private @Nullable String read(@Nullable String file) {
    if (file == null) {
      return null;
    }
    Path path = around.calledFrom().resolve(file);
    try {
      return Files.readString(path);
    } catch (NoSuchFileException e) {
      throw new CommandFailure("there is no file " + path);
    } catch (CharacterCodingException e) {
      throw new CommandFailure(path + " is not text in UTF-8");
    } catch (IOException e) {
      throw new CommandFailure(path + " cannot be read: " + e.getMessage());
    }
  }
}
