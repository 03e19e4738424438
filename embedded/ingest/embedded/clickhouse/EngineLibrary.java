package ingest.embedded.clickhouse;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Where this platform's ClickHouse engine lies. */
final class EngineLibrary {
  private static final Path PACKAGES = Path.of("embedded", "engine", "node_modules", "@chdb");
  private static final int DEPTH = 4;

  private EngineLibrary() {}

  /**
   * The library that {@code embedded.clickhouse.library} names, else the installed package's.
   *
   * @throws SettingException when there is none; tells the ways out
   */
  static Path find(Settings settings) throws IOException {
    String key = "embedded.clickhouse.library";
    Optional<String> named = settings.find(key);
    if (named.isPresent()) {
      Path library = Path.of(named.get()).toAbsolutePath();
      if (!Files.isRegularFile(library)) {
        throw settings.unreadable(key, named.get(), "a file");
      }
      return library;
    }
    return inPackage(platform()).toAbsolutePath();
  }

  private static Path inPackage(String platform) throws IOException {
    Path folder = PACKAGES.resolve("lib-" + platform);
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files =
          Files.find(folder, DEPTH, (file, a) -> file.endsWith("libchdb.so"))) {
        Optional<Path> library = files.findFirst();
        if (library.isPresent()) {
          return library.get();
        }
      }
    }
    throw new SettingException(
        "The ClickHouse engine is not installed in %s: run `npm install` in embedded/engine, set CLICKHOUSE_URL, or start with --without-clickhouse"
            .formatted(folder));
  }

  private static String platform() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String machine = System.getProperty("os.arch", "");
    String processor = machine.equals("aarch64") ? "arm64" : "x64";
    boolean known =
        machine.equals("aarch64") || machine.equals("amd64") || machine.equals("x86_64");
    if (known && system.equals("linux")) {
      return "linux-" + processor + "-gnu";
    }
    if (known && system.startsWith("mac")) {
      return "darwin-" + processor;
    }
    throw new SettingException(
        "There is no ClickHouse engine for %s on %s: set CLICKHOUSE_URL, or start with --without-clickhouse"
            .formatted(system, machine));
  }
}
