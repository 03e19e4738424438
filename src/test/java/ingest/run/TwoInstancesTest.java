package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.EventId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes of role ingest, and two of role env behind a balancer, on the same databases. */
class TwoInstancesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String COMMITTED =
      "ingest_poll_pages_total{outcome=\"committed\",poller=\"kick-viewers\"}";
  private static final long PERIOD_SECONDS = 4;

  @TempDir private static Path data = Path.of("");
  private static StoresProcess storage;
  private static Stores stores;
  private static Balancer balancer;
  private static final Map<String, IngestProcess> processes =
      Collections.synchronizedMap(new LinkedHashMap<>());

  @BeforeAll
  static void start() throws Exception {
    storage = StoresProcess.start(data, Map.of());
    stores = storage.stores();
    Map<String, URI> environments = new LinkedHashMap<>();
    for (String name : List.of("env-1", "env-2")) {
      Map<String, String> settings = role("env");
      environments.put(name, URI.create("http://127.0.0.1:" + settings.get("HTTP_PORT")));
      processes.put(name, IngestProcess.start(settings, "run"));
    }
    balancer = new Balancer(environments);
    for (String name : List.of("ingest-1", "ingest-2")) {
      Map<String, String> settings = role("ingest");
      settings.put("STAGE_INTERNAL_EVENTS_URL", balancer.door(name) + "/internal/events");
      settings.put("DELIVER_LEASE", "15s");
      IngestProcess.pollEvery(PERIOD_SECONDS, settings);
      settings.put("DELIVER_TIMEOUT", "5s");
      processes.put(name, IngestProcess.start(settings, "run"));
    }
    for (IngestProcess process : processes.values()) {
      process.awaitReady();
    }
  }

  private static Map<String, String> role(String role) throws IOException {
    Map<String, String> settings = storage.role(role);
    settings.put("DRAIN_NOTICE", "1s");
    return settings;
  }

  @AfterAll
  static void stop() throws Exception {
    for (IngestProcess process : processes.values()) {
      process.kill();
    }
    balancer.close();
    storage.close();
  }

  private static IngestProcess process(String name) {
    return Objects.requireNonNull(processes.get(name));
  }

  private static String other(String name) {
    return name.substring(0, name.length() - 1) + (name.endsWith("1") ? "2" : "1");
  }

  private static long events() throws Exception {
    return stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
  }

  @BeforeEach
  void pollOften() throws Exception {
    stores.schedule("period = '%d seconds', next_probe_at = now()".formatted(PERIOD_SECONDS));
    process("ingest-1").resumePollers();
  }

  /** Nobody polls any more, and what was polled has been committed. */
  private static void pauseBoth() throws Exception {
    process("ingest-1").pausePollers();
    process("ingest-2").pausePollers();
  }

  @Test
  void both_of_each_role_work() throws Exception {
    for (String name : List.of("ingest-1", "ingest-2")) {
      double polled = process(name).metric(COMMITTED);
      await(name + " polls").atMost(PATIENCE).until(() -> process(name).metric(COMMITTED) > polled);
      for (String environment : List.of("env-1", "env-2")) {
        await(name + " delivers to " + environment)
            .atMost(PATIENCE)
            .until(
                () ->
                    balancer.deliveries().stream()
                        .anyMatch(
                            d ->
                                d.sender().equals(name)
                                    && d.environment().equals(environment)
                                    && d.said(d.events().get(0)).equals("applied")));
      }
    }
  }

  @Test
  void no_channel_is_asked_for_twice_in_a_period() throws Exception {
    pauseBoth();
    long before = stores.dmNumber("SELECT last_value FROM ingest.chunk_seq");
    int servedBefore = storage.upstream().served().size();
    stores.schedule("next_probe_at = now()");
    process("ingest-1").resumePollers();
    long channels = stores.dmNumber("SELECT count(*) FROM dm.probe_schedule");
    long eventsBefore = events();
    await().atMost(PATIENCE).until(() -> events() >= eventsBefore + 4 * channels);
    pauseBoth();

    List<JsonNode> served = storage.upstream().served();
    List<JsonNode> committed =
        stores.dmRows("SELECT subject, event_id FROM ingest.ingest_outbox WHERE chunk > " + before);
    assertEquals(
        0, stores.dmNumber("SELECT count(*) FROM dm.skipped_page"), "no claim came to nothing");
    assertEquals(
        count(committed, row -> row.path("subject").asText()),
        count(
            served.subList(servedBefore, served.size()),
            line -> "kick:" + line.path("broadcaster_user_id").asText()),
        "what was asked for and what was committed, by channel");
    slots(committed)
        .forEach(
            (subject, slots) -> {
              for (int i = 1; i < slots.size(); i++) {
                assertTrue(slots.get(i) - slots.get(i - 1) >= PERIOD_SECONDS * 1000, subject);
              }
            });
  }

  private static Map<String, Long> count(List<JsonNode> rows, Function<JsonNode, String> key) {
    return new TreeMap<>(rows.stream().collect(Collectors.groupingBy(key, Collectors.counting())));
  }

  /** When the polls of each channel were due: an event's id has the time of its slot. */
  private static Map<String, List<Long>> slots(List<JsonNode> rows) {
    Map<String, List<Long>> slots = new TreeMap<>();
    for (JsonNode row : rows) {
      UUID id = UUID.fromString(row.path("event_id").asText());
      slots
          .computeIfAbsent(row.path("subject").asText(), subject -> new ArrayList<>())
          .add(id.getMostSignificantBits() >>> 16);
    }
    slots.values().forEach(Collections::sort);
    return slots;
  }

  @ParameterizedTest
  @ValueSource(strings = {"ingest-1", "ingest-2", "env-1", "env-2"})
  void when_one_is_killed_the_other_finishes(String victim) throws Exception {
    long before = events();
    await().atMost(PATIENCE).until(() -> events() > before + 200);
    IngestProcess killed = process(victim);
    killed.kill();
    try {
      long then = events();
      await().atMost(PATIENCE).until(() -> events() > then + 200);
      String left = victim.startsWith("ingest") ? other(victim) : "ingest-2";
      if (!victim.startsWith("ingest")) {
        process("ingest-1").pausePollers();
      }
      Balance.exact(process(left), stores);
    } finally {
      processes.put(victim, IngestProcess.run(killed.environment()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ingest-1", "env-1"})
  void a_drain_under_load_costs_no_attempt_and_loses_nothing(String leaving) throws Exception {
    pauseBoth();
    Balance.exact(process("ingest-2"), stores);
    long before = stores.dmNumber("SELECT last_value FROM ingest.chunk_seq");
    long items = stores.dmNumber("SELECT count(*) FROM ingest.delivery_item");
    process("ingest-2").resumePollers();
    Emitter emitter = new Emitter();
    emitter.start();
    IngestProcess drained = process(leaving);
    try {
      await().atMost(PATIENCE).until(() -> emitter.accepted().size() > 500);
      drained.signal("TERM");
      drained.drained();
      int then = emitter.accepted().size();
      await().atMost(PATIENCE).until(() -> emitter.accepted().size() > then + 500);
    } finally {
      emitter.end();
      processes.put(leaving, IngestProcess.run(drained.environment()));
    }
    pauseBoth();
    Balance.exact(process("ingest-2"), stores);

    Set<String> lost = new HashSet<>(emitter.accepted());
    stores
        .dmRows("SELECT event_id FROM ingest.ingest_outbox WHERE chunk > " + before)
        .forEach(row -> lost.remove(row.path("event_id").asText()));
    assertEquals(Set.of(), lost);
    assertEquals(items, stores.dmNumber("SELECT count(*) FROM ingest.delivery_item"), "exceptions");
    assertEquals(
        List.of(),
        stores.dmRows(
            "SELECT target, chunk, claims, attempts FROM ingest.delivery_chunk WHERE (claims > 1 OR attempts > 0) AND chunk > "
                + before),
        "claims that count as lost, and attempts");
  }

  /** Emits to both by turns, until it is told to end. */
  private static final class Emitter {
    private static final int LINES = 50;

    private final Set<String> accepted = Collections.synchronizedSet(new HashSet<>());
    private final AtomicBoolean goOn = new AtomicBoolean(true);
    private final Thread thread = new Thread(this::emit, "emit");

    void start() {
      thread.start();
    }

    Set<String> accepted() {
      return accepted;
    }

    void end() throws InterruptedException {
      goOn.set(false);
      thread.join();
    }

    private void emit() {
      for (int turn = 1; goOn.get(); turn++) {
        Set<String> ids = new HashSet<>();
        String lines = lines(ids);
        try {
          HttpResponse<String> answer =
              process("ingest-" + (1 + turn % 2)).manage("POST", "/admin/emit", lines);
          if (answer.statusCode() == 200) {
            accepted.addAll(ids);
          }
        } catch (IOException e) {
          // it is not there: nothing was promised
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }

    private static String lines(Set<String> ids) {
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < LINES; i++) {
        Instant time = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        UUID id =
            EventId.of(
                time,
                "kick",
                "kick.viewer_count.observed",
                "kick:7",
                UUID.randomUUID().toString(),
                0);
        ids.add(id.toString());
        lines.append(
            "{\"id\":\"%s\",\"source\":\"kick\",\"type\":\"kick.viewer_count.observed\",\"subject\":\"kick:7\",\"time\":\"%s\",\"data\":{\"platform\":\"kick\",\"platform_user_id\":\"7\",\"viewer_count\":1}}\n"
                .formatted(EventId.text(id), time));
      }
      return lines.toString();
    }
  }
}
