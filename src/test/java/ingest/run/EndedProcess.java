package ingest.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What became of a process of the product that was to end by itself.
 *
 * @param output both streams
 */
public record EndedProcess(int code, String output) {

  /** Starts it with nothing of the test's own environment but PATH, and waits for its end. */
  public static EndedProcess of(Map<String, String> environment, Path folder, String... arguments)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "process", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(
                    Stream.of(
                        Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                        "-Xmx400m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path", ""),
                        "ingest.Main"),
                    Stream.of(arguments))
                .toList());
    builder.environment().keySet().retainAll(List.of("PATH", "HOME"));
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroy();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      throw new IllegalStateException(
          "it did not end by itself:\n" + Files.readString(output, StandardCharsets.UTF_8));
    }
    return new EndedProcess(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }
}
