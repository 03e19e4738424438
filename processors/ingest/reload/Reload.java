package ingest.reload;

import ingest.envelope.EventTypes;
import ingest.envelope.InvalidSchema;
import ingest.reload.Live.Step;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes edits of routes, SQL, schemas and properties over while the process runs. An edit is first
 * rehearsed as a whole, beside what runs; what would not run is told in one line and changes
 * nothing. Then what was edited, and nothing else, is changed.
 */
public final class Reload implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

  /** An edit is taken over when two looks agree: a file may be seen half written. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(300);

  /** A switch that is read anew each time. */
  private static final Pattern SWITCH = Pattern.compile("poll\\.[^.]+\\.enabled");

  private final Path root;
  private final Running process;
  private final Settings started;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread watcher = new Thread(this::watch, "reload");

  private final Map<String, String> atStart;

  /** What runs. */
  private Snapshot files;

  private Map<String, Flow> flows = Map.of();
  private Map<String, String> properties;

  private Snapshot seen;
  private @Nullable Snapshot refused;

  /**
   * Notes how the files are. To be made before they are read for the start, so that no edit is
   * missed.
   *
   * @throws SettingException when they cannot be read
   */
  public Reload(Path root, Settings started, Running process) {
    this.root = root;
    this.process = process;
    this.started = started;
    this.atStart = process.properties(started);
    this.properties = atStart;
    try {
      files = Snapshot.read(root);
    } catch (IOException e) {
      throw new SettingException("ROUTES_RELOAD: cannot read the routes: " + e.getMessage());
    }
    seen = files;
  }

  /** To be called once everything runs. */
  public void start() {
    watcher.setDaemon(true);
    watcher.start();
  }

  /** Returns when no edit is on its way any more. */
  @Override
  public void close() {
    end.countDown();
    try {
      watcher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch() {
    try {
      flows = Rehearsal.of(process, properties, files, flows);
    } catch (Refused e) {
      LOG.warn("reload: off, edits take effect at the next start: {}", e.getMessage());
      return;
    }
    try {
      while (!end.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    Snapshot now;
    try {
      now = Snapshot.read(root);
    } catch (IOException e) {
      return; // files come and go just now
    }
    boolean settled = now.equals(seen);
    seen = now;
    if (now.equals(files)) {
      refused = null;
    } else if (settled && !now.equals(refused)) {
      try {
        take(now);
        refused = null;
      } catch (Refused | SettingException | InvalidSchema e) {
        refused = now;
        LOG.warn("reload: not taken over, what ran runs on: {}", oneLine(e));
      } catch (RuntimeException e) {
        refused = now;
        LOG.error("reload: not taken over", e);
      }
    }
  }

  private static String oneLine(Exception e) {
    return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\n\\s*", "; ");
  }

  private void take(Snapshot now) throws Refused {
    Set<String> edited = files.changed(now);
    Settings settings = process.settings();
    Map<String, String> fresh = process.properties(settings);
    boolean schemas = edited.stream().anyMatch(f -> f.endsWith(Snapshot.SCHEMA));
    EventTypes types = schemas ? EventTypes.load(root.resolve("routes")) : null;
    Map<String, Flow> next = Rehearsal.of(process, fresh, now, flows);

    Set<String> keys = Changes.keys(properties, fresh);
    Changes changes = new Changes(flows, next, edited, keys);
    List<Step> steps = changes.steps();
    EventTypes before = types == null ? null : process.take(types);
    placeholders(fresh);
    try {
      new Live(process.camel(), started.duration("drain.timeout")).take(steps, changes.policies());
    } catch (Refused e) {
      placeholders(properties);
      if (before != null) {
        process.take(before);
      }
      throw e;
    } finally {
      process.routesChanged();
    }
    process.take(settings);
    steps.forEach(step -> LOG.info("reload: {}", step.told()));
    edited.stream().filter(f -> f.endsWith(Snapshot.SCHEMA)).forEach(f -> tellType(f, now));
    tellKeys(keys, changes, fresh);
    tellHidden(now, keys);
    files = now;
    flows = next;
    properties = fresh;
  }

  private void placeholders(Map<String, String> values) {
    Properties override = new Properties();
    override.putAll(values);
    process.camel().getPropertiesComponent().setOverrideProperties(override);
  }

  private void tellType(String file, Snapshot now) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    String what =
        !files.texts().containsKey(file)
            ? "registered"
            : now.texts().containsKey(file) ? "changed" : "removed";
    LOG.info(
        "reload: type {} {} ({})",
        name.substring(0, name.length() - Snapshot.SCHEMA.length()),
        what,
        file);
  }

  private void tellKeys(Set<String> keys, Changes changes, Map<String, String> fresh) {
    for (String key : keys) {
      if (SWITCH.matcher(key).matches()) {
        LOG.info("reload: {} taken over (application.properties)", key);
      }
    }
    List<String> later =
        keys.stream()
            .filter(k -> !SWITCH.matcher(k).matches())
            .filter(k -> process.holds(k) || !changes.named(k))
            .filter(k -> !Objects.equals(fresh.get(k), atStart.get(k)))
            .toList();
    if (!later.isEmpty()) {
      LOG.warn("reload: {} needs a restart (application.properties)", String.join(", ", later));
    }
  }

  /** What was edited and is not what counts would else be edited again and again. */
  private void tellHidden(Snapshot now, Set<String> keys) {
    Map<String, String> before = declared(files);
    List<String> hidden =
        declared(now).entrySet().stream()
            .filter(e -> !e.getValue().equals(before.get(e.getKey())))
            .filter(e -> !e.getValue().equals(properties.get(e.getKey())))
            .map(Map.Entry::getKey)
            .filter(k -> !keys.contains(k))
            .toList();
    if (!hidden.isEmpty()) {
      LOG.warn(
          "reload: {} has no effect (application.properties): {} is set elsewhere, and that wins",
          String.join(", ", hidden),
          hidden.size() == 1 ? "it" : "each");
    }
  }

  private static Map<String, String> declared(Snapshot files) {
    Properties read = new Properties();
    try {
      read.load(new StringReader(files.texts().getOrDefault("application.properties", "")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> values = new TreeMap<>();
    read.forEach((key, value) -> values.put((String) key, ((String) value).strip()));
    return values;
  }
}
