package ingest.faults;

import com.sun.jna.Library;
import com.sun.jna.Native;

/** Signals without a process of their own, which would come too late for the moment meant. */
interface LibC extends Library {
  LibC C = Native.load("c", LibC.class);

  int SIGINT = 2;
  int SIGQUIT = 3;
  int SIGKILL = 9;
  int SIGCONT = 18;
  int SIGSTOP = 19;

  int kill(int pid, int signal);
}
