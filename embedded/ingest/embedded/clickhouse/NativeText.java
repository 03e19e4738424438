package ingest.embedded.clickhouse;

import com.sun.jna.Memory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * A statement's bytes outside the heap, where the engine reads them; a body of 64 MiB costs the JVM
 * nothing. Not thread-safe.
 */
final class NativeText implements AutoCloseable {
  private static final int FIRST_BYTES = 64 * 1024;

  private Memory memory;
  private long length;

  NativeText(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    memory = new Memory(Math.max(FIRST_BYTES, bytes.length));
    append(bytes, bytes.length);
  }

  /** Appends all of {@code in}; false, with the rest unread, where that is more than the bound. */
  boolean append(InputStream in, long bound) throws IOException {
    byte[] chunk = new byte[FIRST_BYTES];
    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
      if (length + n > bound) {
        return false;
      }
      append(chunk, n);
    }
    return true;
  }

  Memory memory() {
    return memory;
  }

  long length() {
    return length;
  }

  @Override
  public void close() {
    memory.close();
  }

  private void append(byte[] bytes, int count) {
    if (length + count > memory.size()) {
      Memory larger = new Memory(Math.max(length + count, memory.size() * 2));
      larger.getByteBuffer(0, length).put(memory.getByteBuffer(0, length));
      memory.close();
      memory = larger;
    }
    memory.write(length, bytes, 0, count);
    length += count;
  }
}
