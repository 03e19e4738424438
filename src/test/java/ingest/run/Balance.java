package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** That what was accepted is what was delivered, archived and processed: to the event. */
final class Balance {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String TAKEN_BY_STAGE =
      """
      FROM ingest.ingest_outbox o JOIN ingest.target t
        ON t.name = 'stage' AND ingest.type_matches(t.types, o.type)""";

  private Balance() {}

  /**
   * Pauses the pollers, waits until everything has arrived and compares, by number in the status
   * and by id in the stores.
   *
   * @return how many events the outbox has
   */
  static long exact(IngestProcess run, Stores stores)
      throws IOException, SQLException, InterruptedException {
    run.pausePollers();
    long events = stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
    long taken = stores.dmNumber("SELECT count(*) " + TAKEN_BY_STAGE);
    ObjectNode expected = JSON.createObjectNode();
    expected.putObject("outbox").put("events", events);
    ObjectNode deliveries = expected.putObject("deliveries");
    deliveries.set("clickhouse", delivered(events));
    deliveries.set("stage", delivered(taken));
    expected.putObject("clickhouse").put("raw_events", events);
    expected.putObject("env").putObject("stage").put("processed_events", taken);
    expected.putArray("errors");
    await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              ObjectNode status = run.status().deepCopy();
              status.retain("outbox", "deliveries", "clickhouse", "env", "errors");
              assertEquals(JSON.readTree(expected.toString()), status);
            });
    assertEquals(
        ids(stores.dmRows("SELECT event_id FROM ingest.ingest_outbox")),
        ids(stores.clickHouseRows("SELECT event_id FROM vf.raw_events")));
    assertEquals(
        ids(stores.dmRows("SELECT o.event_id " + TAKEN_BY_STAGE)),
        ids(stores.envRows("SELECT event_id FROM public.processed_events")));
    return events;
  }

  private static ObjectNode delivered(long number) {
    return JSON.createObjectNode()
        .put("pending", 0)
        .put("delivered", number)
        .put("dead", 0)
        .put("abandoned", 0)
        .put("oldest_pending_seconds", 0);
  }

  private static Set<String> ids(List<JsonNode> rows) {
    return rows.stream().map(row -> row.path("event_id").asText()).collect(Collectors.toSet());
  }
}
