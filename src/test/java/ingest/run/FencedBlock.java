package ingest.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands between two lines of backticks in a document.
 *
 * @param line of the first of {@code lines}
 * @param language the word after the backticks, empty where there is none
 * @param follows true where nothing but blank lines stands between it and the block before
 */
record FencedBlock(Path file, int line, String language, List<String> lines, boolean follows) {
  private static final String FENCE = "```";

  /** What the block before it prints. */
  boolean isOutput() {
    return follows && language.isEmpty();
  }

  /** The blocks of a document, from its beginning. */
  static List<FencedBlock> of(Path file) throws IOException {
    List<FencedBlock> blocks = new ArrayList<>();
    List<String> all = Files.readAllLines(file);
    boolean text = true;
    for (int i = 0; i < all.size(); i++) {
      if (!all.get(i).startsWith(FENCE)) {
        text |= !all.get(i).isBlank();
        continue;
      }
      int first = i + 1;
      i = first;
      while (i < all.size() && !all.get(i).equals(FENCE)) {
        i++;
      }
      if (i == all.size()) {
        throw new IllegalStateException(file + ":" + first + " is a block without an end");
      }
      blocks.add(
          new FencedBlock(
              file,
              first + 1,
              all.get(first - 1).substring(FENCE.length()),
              List.copyOf(all.subList(first, i)),
              !text));
      text = false;
    }
    return blocks;
  }
}
