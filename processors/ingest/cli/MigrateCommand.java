package ingest.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Brings the stores up to date, as a deployment does before it starts the new image. */
@Command(
    name = "migrate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Runs the migrations of the stores it has DSNs for (DM_DATABASE_URL, DATABASE_URL, CLICKHOUSE_URL), then exits.",
      "Migrators that start side by side wait for each other; a second run changes nothing."
    },
    footerHeading = "%nExample:%n",
    footer = "  DM_DATABASE_URL=... CLICKHOUSE_URL=... bin/ingest migrate")
final class MigrateCommand implements Callable<Integer> {
  private final Runtime runtime;

  MigrateCommand(Runtime runtime) {
    this.runtime = runtime;
  }

  @Override
  public Integer call() {
    return runtime.migrate();
  }
}
