package ingest.embedded.postgres;

import ingest.settings.SettingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs PostgreSQL's programs, which refuse to be root.
 *
 * <p>Root runs them in a user namespace of their own: there they are nobody in particular, while
 * the kernel still takes them for the owner of the data folder.
 */
final class Programs {
  private final Path binaries;
  private final List<String> prefix;

  Programs(Path binaries) throws IOException {
    this.binaries = binaries;
    this.prefix = prefix();
  }

  /** How a program ended and what it said. */
  record End(int code, String output) {}

  End run(String program, List<String> arguments) throws IOException {
    return run(
        Stream.of(prefix, List.of(binaries.resolve("bin").resolve(program).toString()), arguments)
            .flatMap(List::stream)
            .toList());
  }

  private static End run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream out = process.getInputStream()) {
      String output = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
      return new End(process.waitFor(), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while running " + command.get(0), e);
    }
  }

  private static List<String> prefix() throws IOException {
    if (!isRoot()) {
      return List.of();
    }
    List<String> prefix = List.of("unshare", "-U");
    List<String> probe = new ArrayList<>(prefix);
    probe.add("true");
    if (run(probe).code() != 0) {
      throw new SettingException(
          "PostgreSQL does not run as root, and `unshare -U` is not permitted here: run as another user, or set DM_DATABASE_URL and DATABASE_URL");
    }
    return prefix;
  }

  private static boolean isRoot() throws IOException {
    return run(List.of("id", "-u")).output().equals("0");
  }
}
