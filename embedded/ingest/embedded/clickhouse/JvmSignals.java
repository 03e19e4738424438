package ingest.embedded.clickhouse;

import com.sun.jna.Memory;
import com.sun.jna.Platform;
import java.util.HashMap;
import java.util.Map;

/**
 * The JVM's own handlers of the signals that the engine's library takes over.
 *
 * <p>HotSpot turns SIGSEGV into NullPointerException, so without its handler the process dies at
 * the first implicit null check.
 */
final class JvmSignals {
  /** More than any platform's {@code struct sigaction}. */
  private static final int STRUCT_BYTES = 512;

  private static final int SIGILL = 4;
  private static final int SIGBUS = Platform.isMac() ? 10 : 7;
  private static final int SIGFPE = 8;
  private static final int SIGSEGV = 11;

  private final Map<Integer, Memory> handlers = new HashMap<>();

  private JvmSignals() {}

  /** To be called before the library is loaded. */
  static JvmSignals save() {
    JvmSignals signals = new JvmSignals();
    for (int signal : new int[] {SIGILL, SIGBUS, SIGFPE, SIGSEGV}) {
      Memory action = new Memory(STRUCT_BYTES);
      action.clear();
      check(LibC.C.sigaction(signal, null, action), signal);
      signals.handlers.put(signal, action);
    }
    return signals;
  }

  /** To be called after the engine's first connection, which is what takes the signals. */
  void restore() {
    handlers.forEach((signal, action) -> check(LibC.C.sigaction(signal, action, null), signal));
  }

  private static void check(int answer, int signal) {
    if (answer != 0) {
      throw new IllegalStateException("sigaction of signal " + signal + " was refused");
    }
  }
}
