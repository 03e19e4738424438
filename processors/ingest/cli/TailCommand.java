package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.settings.Settings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Follows the outbox. */
@Command(
    name = "tail",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Follows events as they are committed, from now on, each once: by type, subject or the target that takes them. The data of personal and private types is not shown.",
      "",
      "A connection that is lost is made again, and nothing is missed in between, for up to an hour. Ends by Ctrl-C, or after --count events."
    },
    exitCodeList = {
      "0:--count events were told",
      "1:it cannot go on; a message says why",
      "2:not understood",
      "130:ended by Ctrl-C"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest tail",
      "  bin/ingest tail --type 'kick.livestream.*' --target stage",
      "  bin/ingest tail --subject kick:900000001 --count 10 --json"
    })
final class TailCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(500);

  /** Looks in a row that may find nobody: a restart is shorter. */
  private static final int MISSED = 240;

  @Mixin private final ApiOptions api;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "A type, or the beginning of types with a * after it.")
  private @Nullable String type;

  @Option(names = "--subject", paramLabel = "SUBJECT", description = "Such as kick:900000001.")
  private @Nullable String subject;

  @Option(
      names = "--target",
      paramLabel = "NAME",
      description = "What this target takes, whatever its mode; as `targets list` has it.")
  private @Nullable String target;

  @Option(names = "--count", paramLabel = "N", description = "End after so many events.")
  private long count = Long.MAX_VALUE;

  private final Surroundings around;

  TailCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    if (count < 1) {
      throw new CommandFailure.Misuse("--count is a number from 1 on");
    }
    AdminApi connection = api.connect();
    String filter =
        parameter("type", type) + parameter("subject", subject) + parameter("target", target);
    JsonNode page = connection.get("/admin/tail");
    long left = count;
    while (true) {
      for (JsonNode event : page.path("events")) {
        print(event);
        if (--left == 0) {
          return 0;
        }
      }
      if (!page.path("more").asBoolean()) {
        pause();
      }
      page = next(connection, "/admin/tail?cursor=" + page.path("cursor").asText() + filter);
    }
  }

  /** Asks again where nobody answers: the cursor knows what was told. */
  private JsonNode next(AdminApi connection, String path) {
    for (int missed = 1; ; missed++) {
      try {
        JsonNode page = connection.get(path);
        if (missed > 1) {
          around.err().println("goes on; nothing was missed");
        }
        return page;
      } catch (CommandFailure.Passing | CommandFailure.NobodyThere e) {
        if (missed == 1) {
          around.err().println(Text.oneLine(String.valueOf(e.getMessage())) + "; trying again");
        }
        if (missed == MISSED) {
          throw e;
        }
        pause();
      }
    }
  }

  private void pause() {
    try {
      around.pause().await(LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted");
    }
  }

  private static String parameter(String name, @Nullable String value) {
    return value == null ? "" : "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  private void print(JsonNode told) {
    if (api.json()) {
      around.out().println(told);
    } else {
      JsonNode event = told.path("event");
      around
          .out()
          .println(
              "%s  %s  %s  %s  %s"
                  .formatted(
                      Text.of(told.path("committed_at")),
                      Text.of(event.path("type")),
                      Text.of(event.path("subject")),
                      Text.of(event.path("id")),
                      told.has("data_withheld")
                          ? "(data is " + Text.of(told.path("data_withheld")) + ")"
                          : Text.oneLine(event.path("data").toString())));
    }
    around.out().flush();
  }
}
