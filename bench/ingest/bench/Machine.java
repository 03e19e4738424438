package ingest.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Where, when and of what version numbers are. */
final class Machine {
  private Machine() {}

  /**
   * As the JSON has it.
   *
   * @param folder whose file system PostgreSQL writes to
   */
  static ObjectNode described(Path folder) throws IOException, InterruptedException {
    ObjectNode machine = JsonNodeFactory.instance.objectNode();
    machine.put("at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    machine.put("commit", git("rev-parse", "HEAD"));
    machine.put("edited", !git("status", "--porcelain").isEmpty());
    machine.put("processors", Runtime.getRuntime().availableProcessors());
    machine.put("processor", processor());
    machine.put(
        "memory_bytes",
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
            .getTotalMemorySize());
    machine.put("heap_bytes", Runtime.getRuntime().maxMemory());
    machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("arch", System.getProperty("os.arch"));
    machine.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    machine.put("file_system", Files.getFileStore(folder).type());
    return machine;
  }

  /** Of the last minute, whoever's; negative where it is not known. */
  static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static String processor() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.exists(info)) {
      return "";
    }
    return Files.readAllLines(info).stream()
        .filter(l -> l.startsWith("model name"))
        .map(l -> l.substring(l.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("");
  }

  /** What git says; nothing where there is no git or no checkout. */
  private static String git(String... words) throws InterruptedException {
    ProcessBuilder git = new ProcessBuilder("git").redirectError(ProcessBuilder.Redirect.DISCARD);
    git.command().addAll(List.of(words));
    try {
      Process process = git.start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? said : "";
    } catch (IOException e) {
      return "";
    }
  }
}
