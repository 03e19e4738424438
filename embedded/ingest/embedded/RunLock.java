package ingest.embedded;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import ingest.settings.SettingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * Keeps a data folder to one process: {@code run.lock}, with the holder's pid and start time in it.
 *
 * <p>The kernel releases the lock of a killed process. Within one process the kernel's lock does
 * not exclude, and closing any channel of the file would release it; so the folders held here are
 * remembered, and a held file is never opened again.
 */
final class RunLock implements AutoCloseable {
  private static final Set<Path> HELD = new HashSet<>();

  private final Path folder;
  private final FileChannel channel;

  private RunLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  static RunLock take(Path dataFolder) throws IOException {
    Path folder = Files.createDirectories(dataFolder).toRealPath();
    Path file = folder.resolve("run.lock");
    synchronized (HELD) {
      if (HELD.contains(folder)) {
        throw taken(folder, ProcessHandle.current().pid() + " (this process)");
      }
      FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE);
      if (channel.tryLock() == null) {
        String holder = Files.readString(file).strip();
        channel.close();
        throw taken(folder, holder);
      }
      String holder = "%d since %s%n".formatted(ProcessHandle.current().pid(), Instant.now());
      channel.truncate(0).write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)));
      HELD.add(folder);
      return new RunLock(folder, channel);
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      HELD.remove(folder);
      channel.close();
    }
  }

  private static SettingException taken(Path folder, String holder) {
    return new SettingException(
        "Process %s already runs on %s: stop it, or set DATA_DIR to another folder"
            .formatted(holder, folder));
  }
}
