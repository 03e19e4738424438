package ingest.embedded.clickhouse;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ingest.settings.Settings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmSignalsTest {

  @Test
  void a_null_is_still_an_exception_in_a_process_with_the_engine(@TempDir Path folder)
      throws Exception {
    Path library = EngineLibrary.find(Settings.load(Path.of("no-such-folder"), Map.of()));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash"),
                "-cp",
                System.getProperty("java.class.path", ""),
                NullsBesideTheEngine.class.getName(),
                library.toString(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    // a process whose handlers are the library's does not die at once, it hangs
    if (!process.waitFor(30, SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, process.exitValue(), output);
    assertEquals(NullsBesideTheEngine.ROUNDS + " exceptions", output);
  }
}
