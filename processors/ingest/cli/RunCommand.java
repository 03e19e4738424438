package ingest.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts the product in this process. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Starts the roles of this process and runs until SIGTERM or Ctrl-C, which drain it; a second one ends it at once.",
      "Without a DSN it brings PostgreSQL, ClickHouse and a simulator of the upstreams along, with all data under DATA_DIR."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest run                        everything on this machine",
      "  bin/ingest run --role webhooks        one role, as in production",
      "  bin/ingest run --without-clickhouse   where no engine fits the platform",
      "  bin/ingest run --only-stores          the stores, for processes of other roles"
    })
final class RunCommand implements Callable<Integer> {
  private final Runtime runtime;

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description =
          "ingest, webhooks, env, all, or several with commas between; overrides INGEST_ROLE.")
  private @Nullable String role;

  @Option(names = "--only-stores", description = "Start the embedded stores and nothing else.")
  private boolean onlyStores;

  @Option(
      names = "--without-clickhouse",
      description =
          "Start no ClickHouse; its target is off, and what it misses is not made up for.")
  private boolean withoutClickhouse;

  RunCommand(Runtime runtime) {
    this.runtime = runtime;
  }

  @Override
  public Integer call() {
    return runtime.run(new RunOptions(onlyStores, withoutClickhouse, role));
  }
}
