package ingest.embedded;

import ingest.settings.Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** A process that starts the stack on a folder and then only lives, until it is killed. */
final class StackInAnotherProcess {
  private static final String STARTED = "the stack is up";

  private StackInAnotherProcess() {}

  public static void main(String[] args) throws IOException {
    new EmbeddedStack().start(settings(Path.of(args[0])));
    System.out.println(STARTED);
    System.in.read();
  }

  /** Every part on a free port, below {@code folder}. */
  static Settings settings(Path folder) {
    return Settings.load(
        folder,
        Map.of(
            "DATA_DIR", folder.toString(),
            "EMBEDDED_POSTGRES_PORT", "0",
            "EMBEDDED_CLICKHOUSE_PORT", "0",
            "EMBEDDED_SIMULATOR_PORT", "0",
            "HTTP_PORT", "9", // where nobody listens
            "EMBEDDED_SIMULATOR_WEBHOOKS_PER_SECOND", "0",
            "EMBEDDED_SIMULATOR_CYCLE", "2h"));
  }

  /** Returns when its stack is up. */
  static Process start(Path folder) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path", ""),
                StackInAnotherProcess.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); !STARTED.equals(line); line = out.readLine()) {
      if (line == null) {
        throw new IOException("the process ended before its stack was up");
      }
    }
    return process;
  }
}
