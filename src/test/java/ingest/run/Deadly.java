package ingest.run;

/** What a route of a test calls to bring its process down, each in the way that a fault would. */
public final class Deadly {
  /** Stands for what a fault may quote of a payload. */
  static final String QUOTED = "gifted-by-jane";

  private Deadly() {}

  /** An error in a step. */
  public static void fail() {
    throw new AssertionError(QUOTED);
  }

  /** A thread that ends by what nobody caught. */
  public static void thread() {
    new Thread(
            () -> {
              throw new IllegalStateException(QUOTED);
            },
            "deadly")
        .start();
  }

  /** A recursion without an end. */
  public static void overflow() {
    deeper(0);
  }

  private static long deeper(long depth) {
    return depth < 0 ? depth : 1 + deeper(depth + 1);
  }
}
