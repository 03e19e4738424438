package ingest.cli.doctor;

import ingest.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;

/** The folder that the embedded parts keep their data in. */
final class DataFolderCheck implements Doctor.Check {
  private static final long TOO_LITTLE = 256L << 20;
  private static final long LITTLE = 2L << 30;

  private final Settings settings;
  private final Path root;
  private final EmbeddedParts parts;

  DataFolderCheck(Settings settings, Path root, EmbeddedParts parts) {
    this.settings = settings;
    this.root = root;
    this.parts = parts;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    if (!parts.any()) {
      return;
    }
    Path folder = root.resolve(settings.text("data.dir")).toAbsolutePath().normalize();
    String what = "DATA_DIR " + folder;
    Path there = folder;
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      told.accept(Finding.fail(what, there + " is no folder", "set DATA_DIR to another folder"));
    } else if (!Files.isWritable(there)) {
      told.accept(
          Finding.fail(
              what,
              there + " cannot be written to",
              "give " + System.getProperty("user.name") + " the right to, or set DATA_DIR"));
    } else {
      space(what, there, told);
    }
  }

  private static void space(String what, Path folder, Consumer<Finding> told) {
    try {
      long free = Files.getFileStore(folder).getUsableSpace();
      String finding =
          String.format(Locale.ROOT, "writable, %.1f GiB free", free / (double) (1L << 30));
      told.accept(
          free < TOO_LITTLE
              ? Finding.fail(what, finding, "free some space, or set DATA_DIR")
              : free < LITTLE
                  ? Finding.warn(what, finding, "free some space, or set DATA_DIR")
                  : Finding.ok(what, finding));
    } catch (IOException e) {
      told.accept(Finding.warn(what, "its free space is unknown", "see `df " + folder + "`"));
    }
  }
}
