package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Looks at an operation until it ends. The operation goes on without whoever looks: Ctrl-C, or a
 * lost connection, ends the look alone, and says how to look again and how to call it off.
 */
final class OperationWatch {
  static final String PATH = "/admin/operations/";

  private static final Duration LOOK = Duration.ofSeconds(1);

  /** Looks in a row that may find nobody: a restart is shorter. */
  private static final int MISSED = 60;

  private final ApiOptions api;
  private final Surroundings around;

  OperationWatch(ApiOptions api, Surroundings around) {
    this.api = api;
    this.around = around;
  }

  /**
   * Shows progress until it has ended, then what became of it.
   *
   * @return 0 when it is done, 1 when it failed or was called off
   */
  int watch(AdminApi connection, long id) {
    Thread atCtrlC = new Thread(() -> goesOn(id), "operation-left");
    java.lang.Runtime process = java.lang.Runtime.getRuntime();
    process.addShutdownHook(atCtrlC);
    JsonNode ended;
    try {
      ended = awaited(connection, id);
    } finally {
      try {
        process.removeShutdownHook(atCtrlC);
      } catch (IllegalStateException e) {
        // the process is ending and the hook has told it
      }
    }
    tell(ended);
    return ended.path("state").asText().equals("done") ? 0 : 1;
  }

  private JsonNode awaited(AdminApi connection, long id) {
    JsonNode at = connection.get(PATH + id);
    long total = at.path("total").asLong(-1);
    try (Progress progress = Progress.of(around, at.path("kind").asText(), total)) {
      int missed = 0;
      String waits = "";
      while (at.path("ended_at").isNull()) {
        progress.to(
            at.path("done").asLong(), at.path("error").asText("").isEmpty() ? "" : "failing");
        String what = waits(at);
        if (!what.isEmpty() && !what.equals(waits)) {
          progress.say("waits " + what);
        }
        waits = what;
        pause();
        try {
          at = connection.get(PATH + id);
          missed = 0;
        } catch (CommandFailure.NobodyThere | CommandFailure.Passing e) {
          missed++;
          if (missed > MISSED) {
            goesOn(id);
            throw e;
          }
        }
      }
      progress.to(at.path("done").asLong(), at.path("state").asText());
    }
    return at;
  }

  /** What it waits for; seconds that pass are no news. */
  private static String waits(JsonNode operation) {
    return Text.oneLine(operation.path("counts").path("waits").asText(""))
        .replaceAll(" since \\d+ s$", "");
  }

  private void pause() {
    try {
      around.pause().await(LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted");
    }
  }

  private void goesOn(long id) {
    around
        .err()
        .println(
            "operation %1$d goes on by itself: `bin/ingest operations watch %1$d` looks at it again, `bin/ingest operations cancel %1$d` calls it off"
                .formatted(id));
    around.err().flush();
  }

  /** What became of an operation. */
  void tell(JsonNode operation) {
    if (api.json()) {
      api.printJson(operation);
      return;
    }
    String counts =
        operation.path("counts").properties().stream()
            .filter(c -> c.getValue().isNumber())
            .map(c -> "%s %s".formatted(Text.number(c.getValue().asLong()), c.getKey()))
            .collect(Collectors.joining(", "));
    around
        .out()
        .println(
            "operation %s (%s): %s after %s%s%s"
                .formatted(
                    operation.path("id").asText(),
                    Text.of(operation.path("kind")),
                    Text.of(operation.path("state")),
                    Text.number(operation.path("done").asLong()),
                    counts.isEmpty() ? "" : ": " + Text.oneLine(counts),
                    operation.path("error").isNull()
                        ? ""
                        : "; " + Text.of(operation.path("error"))));
    for (Map.Entry<String, JsonNode> more : operation.path("counts").properties()) {
      if (!more.getValue().isNumber()) {
        around.out().println(Text.oneLine(more.getKey() + ": " + more.getValue()));
      }
    }
  }
}
