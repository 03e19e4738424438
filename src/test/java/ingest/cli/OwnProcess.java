package ingest.cli;

import ingest.settings.Settings;
import java.nio.file.Path;

/** The command line in a process of its own, with no product behind it. */
final class OwnProcess {
  private OwnProcess() {}

  public static void main(String[] args) {
    System.exit(
        Cli.execute(
            new Caller.Recorder(), () -> Settings.load(Path.of(""), System.getenv()), args));
  }
}
