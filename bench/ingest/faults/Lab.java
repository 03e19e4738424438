package ingest.faults;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Where one run takes place: a temporary folder, the processes of the product, and whatever else
 * was started. All of it is gone in the end, but for a folder that somebody has to look into.
 */
final class Lab {
  private static final Duration START = Duration.ofMinutes(3);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  /** What is done in the folder. */
  interface Work<V extends Verdict> {
    V in(Path folder) throws Exception;
  }

  private final boolean keep;
  private final Consumer<String> voice;

  /** What was started, the latest first. */
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  private final List<Instance> instances = new ArrayList<>();

  /**
   * Nothing is there yet.
   *
   * @param keep whether the folder with the stores and the logs is left when every rule held, too
   * @param voice hears one line for each step
   */
  Lab(boolean keep, Consumer<String> voice) {
    this.keep = keep;
    this.voice = voice;
  }

  /** Lines as they are, seen at once. */
  static Consumer<String> lines(PrintWriter out) {
    return words -> {
      out.println(words);
      out.flush();
    };
  }

  /** The same, each after the time of day. */
  static Consumer<String> timed(PrintWriter out) {
    Consumer<String> lines = lines(out);
    return words -> lines.accept(LocalTime.now(ZoneId.systemDefault()).format(TIME) + "  " + words);
  }

  /** Does it all. Where it fails or a rule is broken, the folder is left in any case. */
  <V extends Verdict> V run(String prefix, Work<V> work) throws Exception {
    Path folder = Files.createTempDirectory(prefix);
    boolean leave = true;
    try {
      V verdict = work.in(folder);
      leave = keep || !verdict.holds();
      return verdict;
    } finally {
      say("stopping");
      closeInstances();
      while (!started.isEmpty()) {
        started.pop().close();
      }
      if (leave) {
        say("logs and stores are kept in " + folder);
      } else {
        delete(folder);
      }
    }
  }

  /** Closes it at the end, before what was opened earlier. */
  <T extends AutoCloseable> T opened(T part) {
    started.push(part);
    return part;
  }

  /** Starts one more; all of them end before anything that was {@link #opened}. */
  Instance instance(String name, Map<String, String> settings, Path folder) {
    Instance instance = new Instance(name, settings, folder);
    instances.add(instance);
    return instance;
  }

  /** The same with classes that stand before the product's. */
  Instance instance(String name, Map<String, String> settings, Path folder, Path classes) {
    Instance instance = new Instance(name, settings, folder, classes);
    instances.add(instance);
    return instance;
  }

  /** Ends one of them; another may take its place. */
  void close(Instance instance) {
    instance.close();
    instances.remove(instance);
  }

  /** Those that are here now. */
  List<Instance> instances() {
    return Collections.unmodifiableList(instances);
  }

  /** Ends all of them; none is here afterwards. */
  void closeInstances() {
    instances.forEach(Instance::close);
    instances.clear();
  }

  /** Waits until each of them takes part. */
  void awaitReady() throws IOException, InterruptedException {
    for (Instance instance : instances) {
      if (!instance.awaitReady(START.toMillis())) {
        throw new IOException(
            instance.name()
                + " does not get ready:\n"
                + String.join("\n", instance.process().lines()));
      }
    }
  }

  /** Which of them ended by themselves, and how often. */
  List<String> unasked() {
    return instances.stream()
        .filter(instance -> instance.unasked() > 0)
        .map(instance -> instance.name() + ": " + instance.unasked() + " times")
        .toList();
  }

  void say(String words) {
    voice.accept(words);
  }

  /** What cannot be deleted stays. */
  static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
