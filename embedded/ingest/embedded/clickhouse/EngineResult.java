package ingest.embedded.clickhouse;

import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a statement gave; readable only until {@link Engine#execute} returns.
 *
 * @param buffer the formatted rows, outside the heap; null where a statement gives none
 * @param rows in the buffer; {@code readRows} were read from storage for them
 */
record EngineResult(
    @Nullable Pointer buffer,
    long length,
    long rows,
    long readRows,
    long readBytes,
    long writtenRows,
    long writtenBytes) {
  private static final int CHUNK_BYTES = 64 * 1024;

  /** Takes a result while it is there. */
  interface Reader {
    void read(EngineResult result) throws IOException;
  }

  void copyTo(OutputStream out) throws IOException {
    if (buffer == null) {
      return;
    }
    byte[] chunk = new byte[CHUNK_BYTES];
    for (long at = 0; at < length; at += chunk.length) {
      int n = (int) Math.min(chunk.length, length - at);
      buffer.read(at, chunk, 0, n);
      out.write(chunk, 0, n);
    }
  }
}
