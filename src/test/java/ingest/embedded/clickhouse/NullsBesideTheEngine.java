package ingest.embedded.clickhouse;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A process that runs statements in the engine and then meets nulls, which are signals first. */
final class NullsBesideTheEngine {
  static final int ROUNDS = 1000;

  private @Nullable String field;

  private NullsBesideTheEngine() {}

  public static void main(String[] args) throws Exception {
    Engine engine = Engine.open(Path.of(args[0]), Path.of(args[1]));
    int exceptions = 0;
    for (int round = 0; round < ROUNDS; round++) {
      try (NativeText text = new NativeText("SELECT 1")) {
        engine.execute(new Statement(text, "TSV", "default", Map.of()), result -> {});
      }
      exceptions += meetNull(new NullsBesideTheEngine());
    }
    System.out.println(exceptions + " exceptions");
    LibC.C._exit(0);
  }

  @SuppressWarnings("NullAway") // is the point
  private static int meetNull(NullsBesideTheEngine holder) {
    try {
      return holder.field.length();
    } catch (NullPointerException expected) {
      return 1;
    }
  }
}
