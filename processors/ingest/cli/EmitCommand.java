package ingest.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import ingest.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Commits events by hand. */
@Command(
    name = "emit",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Commits the events of a file or of standard input, one JSON envelope per line, and says how many were new.",
      "",
      "A line is a CloudEvents JSON event. It needs",
      "  type      a registered one, such as kick.viewer_count.observed",
      "  source    the upstream, such as kick",
      "  subject   the entity, such as kick:4711",
      "  time      when it happened, RFC 3339",
      "  data      an object that fits the schema of the type",
      "and may have",
      "  key       what makes two lines the same fact; else the content of the line",
      "What is absent of id, rev, traceparent, specversion and dataschema is filled in.",
      "",
      "Emitting a line again changes nothing. After a lost connection or a 503 a call is repeated for about a minute; Ctrl-C says how far it came. Exits with 1 when a line was rejected."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest emit events.ndjson",
      "  zcat events.ndjson.gz | bin/ingest emit",
      "  jq -c '.[]' events.json | bin/ingest emit -"
    })
final class EmitCommand implements Callable<Integer> {
  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "One envelope per line; - or nothing is standard input.")
  private String file = "-";

  EmitCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() throws IOException {
    AdminApi connection = api.connect();
    if ("-".equals(file)) {
      if (around.typed()) {
        around.err().println("reading envelopes from the terminal; Ctrl-D ends them");
      }
      return emit(connection, around.in(), Progress.none(around));
    }
    Path path = around.calledFrom().resolve(file);
    try (InputStream in = Files.newInputStream(path)) {
      return emit(connection, in, Progress.ofBytes(around, "emit", Files.size(path)));
    } catch (NoSuchFileException e) {
      throw new CommandFailure("there is no file " + path);
    } catch (IOException e) {
      throw new CommandFailure(path + " cannot be read: " + e.getMessage());
    }
  }

  private int emit(AdminApi connection, InputStream in, Progress progress) throws IOException {
    JsonGenerator json = api.json() ? new JsonFactory().createGenerator(around.out()) : null;
    if (json != null && around.terminal()) {
      json.useDefaultPrettyPrinter();
    }
    Emission emission = new Emission(connection, around, progress, json);
    Thread atCtrlC = new Thread(() -> emission.finish(false), "emission-stopped");
    java.lang.Runtime process = java.lang.Runtime.getRuntime();
    process.addShutdownHook(atCtrlC);
    boolean complete = false;
    try {
      emission.run(in);
      complete = true;
    } finally {
      emission.finish(complete);
      try {
        process.removeShutdownHook(atCtrlC);
      } catch (IllegalStateException e) {
        // the process is ending and the hook has told it
      }
    }
    return emission.anyRejected() ? 1 : 0;
  }
}
