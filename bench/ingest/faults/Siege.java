package ingest.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.UnixOperatingSystemMXBean;
import ingest.run.IngestProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One process of the product under clients of each manner in turn, while genuine calls go on. The
 * rules: every client is closed by the server within its bound, and every genuine call is accepted.
 */
public final class Siege {
  private static final String SECRET = "whsec_Z2VudWluZSBjYWxscyBvZiBhIHNpZWdlISE=";
  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final Duration LINGER = Duration.ofSeconds(2);

  /** What a busy machine may add before it counts. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Files of this program beside its clients. */
  private static final int OTHER_FILES = 1000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private record Phase(
      String name, Crowd.Outcome crowd, Duration bound, Callers.Heard heard, long residentKib) {
    boolean holds() {
      return crowd.open() == 0
          && crowd.longest().compareTo(bound.plus(GRACE)) <= 0
          && heard.others().isEmpty()
          && heard.accepted() > 0;
    }
  }

  private final int idle;
  private final Duration patience;
  private final int each;
  private final int perSecond;
  private final Duration quiet;
  private final PrintWriter out;
  private final List<Phase> phases = new ArrayList<>();

  /**
   * A run.
   *
   * @param idle idle connections; fewer where this program may not open so many files
   * @param patience how long the product lets a connection be idle
   * @param each clients of every other manner
   * @param perSecond genuine calls
   * @param quiet how long these are alone at first
   */
  public Siege(
      int idle, Duration patience, int each, int perSecond, Duration quiet, PrintWriter out) {
    this.idle = Math.min(idle, mostConnections());
    this.patience = patience;
    this.each = Math.min(each, mostConnections());
    this.perSecond = perSecond;
    this.quiet = quiet;
    this.out = out;
  }

  private static int mostConnections() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? (int)
            Math.max(1, Math.min(Integer.MAX_VALUE, unix.getMaxFileDescriptorCount() - OTHER_FILES))
        : Integer.MAX_VALUE;
  }

  /** Does it all and tells of each phase; true when every rule held. */
  public boolean run() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("faults-clients-");
    Map<String, String> settings = IngestProcess.settings(folder.resolve("data"));
    settings.put("RESEND_WEBHOOK_SECRET", SECRET);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("HTTP_IDLE_TIMEOUT", patience.toSeconds() + "s");
    settings.put("HTTP_REQUEST_TIMEOUT", REQUEST.toSeconds() + "s");
    out.println("starting the product with stores of its own; its heap has 400 MiB");
    try (IngestProcess process =
        IngestProcess.startApart(settings, "run", "--without-clickhouse")) {
      process.awaitReady();
      int port = Integer.parseInt(settings.getOrDefault("HTTP_PORT", ""));
      out.printf(
          Locale.ROOT,
          "%-15s %8s %8s %6s %9s  %-22s %9s %8s %8s %8s%n",
          "CLIENTS",
          "NUMBER",
          "AT ONCE",
          "LEFT",
          "LONGEST",
          "ANSWERS",
          "GENUINE",
          "P50",
          "P99",
          "RSS");
      try (Callers callers = new Callers(port, SECRET, perSecond)) {
        alone(process, callers);
        for (Manner manner : Manner.values()) {
          against(process, port, manner, callers);
        }
      }
    } finally {
      delete(folder);
    }
    boolean holds = phases.stream().allMatch(Phase::holds);
    out.println(holds ? "result  every rule held" : "result  BROKEN");
    return holds;
  }

  /** The first calls are a cold process's; they are not told. */
  private void alone(IngestProcess process, Callers callers)
      throws IOException, InterruptedException {
    Thread.sleep(quiet.toMillis());
    callers.heard();
    Thread.sleep(quiet.toMillis());
    tell(
        "nobody",
        new Crowd.Outcome(0, 0, 0, Map.of(), Duration.ZERO),
        Duration.ZERO,
        callers.heard(),
        process);
  }

  /** At least as long as nobody else was there, for genuine calls to count. */
  private void against(IngestProcess process, int port, Manner manner, Callers callers)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + quiet.toNanos();
    Duration bound = manner == Manner.IDLE ? patience : REQUEST.plus(LINGER);
    int count = manner == Manner.IDLE ? idle : each;
    Crowd.Outcome outcome = new Crowd(port, manner, count).run(bound.multipliedBy(4));
    TimeUnit.NANOSECONDS.sleep(end - System.nanoTime());
    tell(manner.words(), outcome, bound, callers.heard(), process);
  }

  private void tell(
      String name, Crowd.Outcome crowd, Duration bound, Callers.Heard heard, IngestProcess process)
      throws IOException {
    Phase phase = new Phase(name, crowd, bound, heard, resident(process));
    phases.add(phase);
    out.printf(
        Locale.ROOT,
        "%-15s %,8d %,8d %6d %7.1f s  %-22s %4d/%-4d %5.0f ms %5.0f ms %4d MiB%s%n",
        name,
        crowd.clients(),
        crowd.atOnce(),
        crowd.open(),
        crowd.longest().toMillis() / 1e3,
        words(crowd.answers()),
        heard.accepted(),
        heard.calls(),
        heard.p50().toNanos() / 1e6,
        heard.p99().toNanos() / 1e6,
        phase.residentKib() / 1024,
        phase.holds() ? "" : "  BROKEN " + heard.others());
  }

  private static String words(Map<String, Integer> answers) {
    return answers.entrySet().stream()
        .map(answer -> answer.getValue() + " x " + answer.getKey())
        .reduce((a, b) -> a + ", " + b)
        .orElse("-");
  }

  /** What the process holds of the machine's memory, as Linux tells it. */
  private static long resident(IngestProcess process) throws IOException {
    Path status = Path.of("/proc", Long.toString(process.handle().pid()), "status");
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    }
  }

  /** What was told, for a program. */
  ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode all = json.putArray("phases");
    for (Phase phase : phases) {
      ObjectNode one = all.addObject().put("clients", phase.name());
      one.put("number", phase.crowd().clients()).put("at_once", phase.crowd().atOnce());
      one.put("left_open", phase.crowd().open());
      one.put("longest_ms", phase.crowd().longest().toMillis());
      one.put("bound_ms", phase.bound().toMillis());
      ObjectNode answers = one.putObject("answers");
      phase.crowd().answers().forEach(answers::put);
      one.putObject("genuine")
          .put("calls", phase.heard().calls())
          .put("accepted", phase.heard().accepted())
          .put("p50_us", phase.heard().p50().toNanos() / 1000)
          .put("p99_us", phase.heard().p99().toNanos() / 1000);
      one.put("rss_kib", phase.residentKib()).put("holds", phase.holds());
    }
    return json;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
