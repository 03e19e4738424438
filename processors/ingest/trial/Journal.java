package ingest.trial;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What happened in one trial. Safe for use by several threads: a route may have some. */
public final class Journal {
  /**
   * What the caller of the route got.
   *
   * @param status of HTTP routes, 0 for others
   */
  public record Reply(int status, Map<String, String> headers, @Nullable String body) {}

  private final List<Entry> entries = new ArrayList<>();
  private final Consumer<Entry> listener;
  private @Nullable String ended;
  private @Nullable Reply reply;

  /** A journal that tells {@code listener} each entry as it is made. */
  Journal(Consumer<Entry> listener) {
    this.listener = listener;
  }

  synchronized void add(Entry entry) {
    entries.add(entry);
    listener.accept(entry);
  }

  /** Nothing runs after this: the trial cannot go on, and why. */
  synchronized void end(String why) {
    if (ended == null) {
      ended = why;
    }
  }

  /** Why the trial could not go on; empty when it came to its end. */
  public synchronized Optional<String> ended() {
    return Optional.ofNullable(ended);
  }

  synchronized void reply(Reply given) {
    reply = given;
  }

  public synchronized Optional<Reply> reply() {
    return Optional.ofNullable(reply);
  }

  public synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** The entries of one kind. */
  public <E extends Entry> List<E> all(Class<E> kind) {
    return entries().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** The failures that no later try made good. */
  public List<Entry.Failed> failures() {
    List<Entry.Failed> open = new ArrayList<>();
    for (Entry entry : entries()) {
      if (entry instanceof Entry.Failed failed) {
        open.add(failed);
      } else if (entry instanceof Entry.Retried && !open.isEmpty()) {
        open.remove(open.size() - 1);
      }
    }
    return open;
  }

  /** What is wrong with envelopes that came to the commit. */
  public List<String> schemaErrors() {
    return all(Entry.Committed.class).stream()
        .flatMap(
            c ->
                Stream.concat(
                    c.events().stream().flatMap(e -> Stream.ofNullable(e.error())),
                    Stream.ofNullable(c.error())))
        .toList();
  }
}
