package ingest;

import ingest.cli.Cli;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.function.Supplier;

/** The process. Its working directory is the repository root, or the image's copy of it. */
final class Main {
  private Main() {}

  public static void main(String[] args) {
    Supplier<Settings> settings = () -> Settings.load(Path.of(""), System.getenv());
    System.exit(Cli.execute(new Product(settings, System.out), settings, args));
  }
}
