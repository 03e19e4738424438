package ingest.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Goes through the lines of a stream, holding one at a time; of a line over the limit it holds
 * nothing. Not thread-safe.
 */
final class LineReader {
  private final InputStream in;
  private final int limit;
  private final byte[] buffer = new byte[64 * 1024];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int position;
  private int end;
  private long number;
  private long read;
  private long length;

  LineReader(InputStream in, int limit) {
    this.in = in;
    this.limit = limit;
  }

  /**
   * Moves to the next line.
   *
   * @return false at the end of the stream
   */
  boolean next() throws IOException {
    line.reset();
    length = 0;
    if (position == end && !fill()) {
      return false;
    }
    number++;
    do {
      int start = position;
      while (position < end && buffer[position] != '\n') {
        position++;
      }
      keep(start);
      if (position < end) {
        position++;
        read++;
        return true;
      }
    } while (fill());
    return true;
  }

  /** Counted from one. */
  long number() {
    return number;
  }

  /** Bytes of the stream up to the end of this line. */
  long read() {
    return read;
  }

  boolean tooLong() {
    return length > limit;
  }

  /** The line without its end; of one that is too long, nothing. */
  byte[] bytes() {
    return line.toByteArray();
  }

  private void keep(int start) {
    int count = position - start;
    read += count;
    length += count;
    if (length > limit) {
      line.reset();
    } else {
      line.write(buffer, start, count);
    }
  }

  private boolean fill() throws IOException {
    position = 0;
    end = Math.max(0, in.read(buffer));
    return end > 0;
  }
}
