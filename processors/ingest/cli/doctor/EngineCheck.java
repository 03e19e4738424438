package ingest.cli.doctor;

import ingest.settings.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The embedded ClickHouse engine and npm, which fetches it; nothing where a real one is set. */
final class EngineCheck implements Doctor.Check {
  private static final int DEPTH = 4;
  private static final Map<String, String> PACKAGES =
      Map.of(
          "linux amd64", "lib-linux-x64-gnu",
          "linux aarch64", "lib-linux-arm64-gnu",
          "mac x86_64", "lib-darwin-x64",
          "mac aarch64", "lib-darwin-arm64");

  private final Settings settings;
  private final Path root;
  private final EmbeddedParts parts;

  EngineCheck(Settings settings, Path root, EmbeddedParts parts) {
    this.settings = settings;
    this.root = root;
    this.parts = parts;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    if (!parts.any() || settings.has("clickhouse.url")) {
      return;
    }
    Optional<String> library = settings.find("embedded.clickhouse.library");
    if (library.isPresent()) {
      told.accept(named(root.resolve(library.get())));
      return;
    }
    String name = packageFor(System.getProperty("os.name"), System.getProperty("os.arch"));
    if (name == null) {
      told.accept(
          Finding.warn(
              "ClickHouse engine",
              "none fits %s %s"
                  .formatted(System.getProperty("os.name"), System.getProperty("os.arch")),
              "set CLICKHOUSE_URL, or use `bin/ingest run --without-clickhouse`"));
      return;
    }
    Path engine = root.resolve("embedded/engine/node_modules/@chdb").resolve(name);
    boolean installed = hasLibrary(engine);
    String npm = npmVersion();
    if (npm != null) {
      told.accept(Finding.ok("npm", npm));
    } else if (installed) {
      told.accept(Finding.ok("npm", "not found, and not needed: the engine is installed"));
    } else {
      told.accept(
          Finding.fail(
              "npm",
              "not found, and the ClickHouse engine has to be fetched with it",
              "install Node.js with npm, or set CLICKHOUSE_URL, or use `bin/ingest run --without-clickhouse`"));
    }
    told.accept(
        installed
            ? Finding.ok("ClickHouse engine", "@chdb/" + name)
            : Finding.warn(
                "ClickHouse engine",
                "@chdb/%s is not installed".formatted(name),
                "`bin/ingest run` installs it"));
  }

  private static Finding named(Path library) {
    String what = "EMBEDDED_CLICKHOUSE_LIBRARY " + library;
    return Files.isRegularFile(library)
        ? Finding.ok(what, "is there")
        : Finding.fail(what, "is no file", "set it to a libchdb.so, or to nothing");
  }

  private static boolean hasLibrary(Path engine) {
    if (!Files.isDirectory(engine)) {
      return false;
    }
    try (Stream<Path> files = Files.find(engine, DEPTH, (f, a) -> f.endsWith("libchdb.so"))) {
      return files.findAny().isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  /** The engine's package for a platform as Java names it, or null. */
  static @Nullable String packageFor(String system, String processor) {
    return PACKAGES.get(system.toLowerCase(Locale.ROOT).split(" ", 2)[0] + " " + processor);
  }

  private static @Nullable String npmVersion() {
    try {
      Process npm =
          new ProcessBuilder("npm", "--version")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String version = new String(npm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return npm.waitFor(10, TimeUnit.SECONDS) && npm.exitValue() == 0 ? version.strip() : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
