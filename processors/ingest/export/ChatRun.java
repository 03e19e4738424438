package ingest.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** One run: its objects, one after the other, of which one is in memory. Not thread-safe. */
final class ChatRun {
  private static final LocalDate BEFORE = LocalDate.EPOCH;

  private final ChatSpan span;
  private final ChatRows source;
  private final Deque<ChatSpan.Group> groups = new ArrayDeque<>();

  private ChatSpan.Group listed = new ChatSpan.Group(false, BEFORE, 0);
  private boolean allListed;
  private ChatSpan.@Nullable Group group;
  private ChatRows.Position position = new ChatRows.Position(java.time.Instant.EPOCH, "");
  private int part;

  private long rows;
  private long lateRows;
  private int objects;
  private long bytes;

  ChatRun(ChatSpan span, ChatRows source) {
    this.span = span;
    this.source = source;
  }

  /** Reads and builds the next object; null when there is none. */
  @Nullable ChatObject next() throws IOException, InterruptedException {
    for (ChatSpan.Group at = current(); at != null; at = current()) {
      ChatObject built = build(at);
      if (built != null) {
        return built;
      }
      group = null;
    }
    return null;
  }

  private ChatSpan.@Nullable Group current() throws IOException, InterruptedException {
    if (group != null) {
      return group;
    }
    while (groups.isEmpty() && !allListed) {
      list();
    }
    ChatSpan.Group next = groups.poll();
    group = next;
    if (next != null) {
      position = new ChatRows.Position(span.begin(next), "");
      part = 0;
    }
    return next;
  }

  /** The groups of the span first, then the late ones. */
  private void list() throws IOException, InterruptedException {
    List<ChatSpan.Group> page = source.groups(span, listed);
    groups.addAll(page);
    if (!page.isEmpty()) {
      listed = page.get(page.size() - 1);
    } else if (listed.late()) {
      allListed = true;
    } else {
      listed = new ChatSpan.Group(true, BEFORE, 0);
    }
  }

  private @Nullable ChatObject build(ChatSpan.Group of) throws IOException, InterruptedException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    int lines = 0;
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      while (lines < span.partRows()) {
        int wanted = Math.min(ChatRows.PAGE, span.partRows() - lines);
        ChatRows.Page page = source.page(span, of, position, wanted);
        for (String line : page.lines()) {
          gzip.write(line.getBytes(StandardCharsets.UTF_8));
          gzip.write('\n');
        }
        lines += page.lines().size();
        position = page.end();
        if (page.lines().size() < wanted) {
          group = null;
          break;
        }
      }
    }
    if (lines == 0) {
      return null;
    }
    part++;
    return new ChatObject(span.key(of, part), packed.toByteArray(), lines, of.late());
  }

  void written(ChatObject part) {
    objects++;
    rows += part.rows();
    lateRows += part.late() ? part.rows() : 0;
    bytes += part.gzip().length;
  }

  long rows() {
    return rows;
  }

  long lateRows() {
    return lateRows;
  }

  int objects() {
    return objects;
  }

  long bytes() {
    return bytes;
  }
}
