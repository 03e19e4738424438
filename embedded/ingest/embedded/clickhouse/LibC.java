package ingest.embedded.clickhouse;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** What Java cannot ask of the operating system; named as there. */
interface LibC extends Library {
  LibC C = Native.load("c", LibC.class);

  /** Leaves the terminal's session and process group; refused to a group's leader. */
  int setsid();

  @Nullable Pointer signal(int number, Pointer handler);

  int sigaction(int number, @Nullable Pointer action, @Nullable Pointer previous);

  /** Ends the process without running anything that was registered for its end. */
  void _exit(int code);
}
