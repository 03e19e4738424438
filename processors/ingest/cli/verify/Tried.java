package ingest.cli.verify;

import java.util.Arrays;

/** Bytes that might have been meant, and what to say where they were. */
final class Tried {
  final String telling;
  final byte[] bytes;

  Tried(String telling, byte[] bytes) {
    this.telling = telling;
    this.bytes = bytes;
  }

  boolean differsFrom(byte[] other) {
    return !Arrays.equals(bytes, other);
  }
}
