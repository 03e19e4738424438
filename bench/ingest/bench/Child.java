package ingest.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A Java process of this class path, so that a receiver's CPU and collector are not ours. */
final class Child implements AutoCloseable {
  private static final int START_SECONDS = 120;
  private static final int STOP_SECONDS = 30;

  private final Process process;
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private final CompletableFuture<String> ready = new CompletableFuture<>();

  /**
   * Starts it and returns when it has said a line that begins with {@code ready}.
   *
   * @param environment all it gets, beside PATH and HOME
   */
  Child(String main, List<String> arguments, Map<String, String> environment)
      throws IOException, InterruptedException {
    this(Path.of(""), main, arguments, environment);
  }

  /** The same in a folder of its own. */
  Child(Path folder, String main, List<String> arguments, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of(
                            Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                            "-Xmx512m",
                            "-cp",
                            absolute(System.getProperty("java.class.path", "")),
                            main),
                        arguments.stream())
                    .toList())
            .directory(folder.toAbsolutePath().toFile())
            .redirectErrorStream(true);
    builder.environment().keySet().retainAll(List.of("PATH", "HOME"));
    builder.environment().putAll(environment);
    this.process = builder.start();
    Thread reader = new Thread(this::read, "child-output");
    reader.setDaemon(true);
    reader.start();
    try {
      ready.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      close();
      throw new IOException(main + " did not get ready:\n" + String.join("\n", said), e);
    }
  }

  private static String absolute(String classPath) {
    return Stream.of(classPath.split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Nanoseconds so far; 0 where that cannot be told. */
  long cpu() {
    return process.toHandle().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  /** The line that it got ready with. */
  String ready() {
    return ready.getNow("");
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        said.add(line);
        if (line.startsWith("ready")) {
          ready.complete(line);
        }
      }
    } catch (IOException e) {
      said.add("(output ended: " + e.getMessage() + ")");
    }
    ready.completeExceptionally(new IOException("it ended"));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      process.destroyForcibly();
    }
  }
}
