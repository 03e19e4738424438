package ingest.cli.doctor;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The ports a run binds: free, or held by a run. */
final class PortCheck implements Doctor.Check {
  private final Settings settings;
  private final Probe probe;
  private final EmbeddedParts parts;

  PortCheck(Settings settings, Probe probe, EmbeddedParts parts) {
    this.settings = settings;
    this.probe = probe;
    this.parts = parts;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    boolean running = ingestRuns();
    keys().forEach(key -> told.accept(finding(key, running)));
  }

  private List<String> keys() {
    Stream<String> inside =
        settings.asProperties().stringPropertyNames().stream()
            .map(key -> key.toLowerCase(Locale.ROOT).replace('_', '.'))
            .filter(key -> key.startsWith("embedded.") && key.endsWith(".port"))
            .filter(key -> parts.any() && settings.has(key))
            .sorted();
    return Stream.concat(Stream.of("http.port", "management.port"), inside).toList();
  }

  private Finding finding(String key, boolean running) {
    String variable = Settings.variable(key);
    int port;
    try {
      port = settings.port(key);
    } catch (SettingException e) {
      return Doctor.unreadable("port", e);
    }
    String what = "port " + port + " (" + variable + ")";
    if (port == 0) {
      return Finding.ok(what, "any free port is taken");
    }
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(port));
      return Finding.ok(what, "free");
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("ermission")) {
        return Finding.fail(
            what, "may not be bound by this user", "set " + variable + " to one above 1023");
      }
    }
    if (running) {
      return Finding.ok(what, "held by the ingest that runs here");
    }
    return key.startsWith("embedded.")
        ? Finding.warn(
            what,
            "held by another process",
            "nothing, if a killed run left it: the next run takes it over; else set " + variable)
        : Finding.fail(
            what, "held by another process", "end that, or set " + variable + " to another port");
  }

  /** Whether what answers at the management port is an ingest. */
  private boolean ingestRuns() {
    try {
      URI live =
          URI.create(
              "http://127.0.0.1:" + settings.port("management.port") + "/observe/health/live");
      return probe.get(live).body().contains("\"status\"");
    } catch (IOException | SettingException e) {
      return false;
    }
  }
}
