package ingest.embedded.clickhouse;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/**
 * Which engine process has the folder: {@code engine.lock}, locked by it as long as it lives, with
 * its pid in it. A parent that was killed leaves a child that takes some seconds to go.
 */
final class EngineFolder {
  private static final Duration LEAVES_WITHIN = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(50);

  private EngineFolder() {}

  /** The lock of this process; the kernel ends it with the process. */
  record Hold(Path folder, FileChannel channel) {}

  /** Takes the folder for this process, for ever. */
  static Hold hold(Path folder) throws IOException {
    FileChannel channel = FileChannel.open(file(folder), CREATE, READ, WRITE);
    if (channel.tryLock() == null) {
      throw new IOException("another engine has " + folder);
    }
    byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8);
    channel.truncate(0).write(ByteBuffer.wrap(pid));
    return new Hold(folder, channel);
  }

  /** Waits until the engine of a killed run has gone; one that hangs is killed. */
  static void awaitFree(Path folder) throws IOException {
    Instant patience = Instant.now().plus(LEAVES_WITHIN);
    try (FileChannel channel = FileChannel.open(file(folder), CREATE, READ, WRITE)) {
      while (true) {
        try (FileLock lock = channel.tryLock()) {
          if (lock != null) {
            return;
          }
        }
        if (Instant.now().isAfter(patience)) {
          // who holds the lock lives, so the pid is its own
          long pid = Long.parseLong(Files.readString(file(folder)).strip());
          ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  private static Path file(Path folder) {
    return folder.resolve("engine.lock");
  }
}
