package ingest.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.channel.ChannelNumbers;
import ingest.delivery.clickhouse.InboxRows;
import ingest.delivery.clickhouse.TelemetryRows;
import ingest.envelope.Envelope;
import ingest.envelope.Tombstone;
import ingest.outbox.OutboxEvent;
import ingest.store.ClickHouse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a batch's events into {@code vf.raw_events_log} and the telemetry tables of their types,
 * and the calls that brought them into the inbox.
 *
 * <p>A batch may be written twice, in another composition too: the tables merge copies of an event,
 * the token spares the work where the composition is the same. Telemetry and calls go first and the
 * raw event last, all before the batch is settled. A batch is one insert for each table; how many
 * bytes it has is bounded by the claim.
 */
public final class ClickHouseSender implements Processor {
  private static final Logger LOG = LoggerFactory.getLogger(ClickHouseSender.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

  private final ClickHouse clickHouse;
  private final Map<String, List<TelemetryRows>> telemetry;
  private final ChannelNumbers channels;
  private final DeliveryMetrics metrics;

  public ClickHouseSender(
      ClickHouse clickHouse,
      Map<String, List<TelemetryRows>> telemetry,
      ChannelNumbers channels,
      DeliveryMetrics metrics) {
    this.clickHouse = clickHouse;
    this.telemetry = telemetry;
    this.channels = channels;
    this.metrics = metrics;
  }

  @Override
  public void process(Exchange exchange) throws IOException {
    Batch batch = exchange.getMessage().getBody(Batch.class);
    long began = System.nanoTime();
    Outcome outcome;
    try {
      outcome = write(batch);
    } catch (InterruptedException e) { // the lane is stopped and has no more patience
      LOG.info("deliver clickhouse: an insert was broken off by the stop");
      return;
    }
    metrics.attempt(
        batch.target().name(), batch.events().size(), outcome, System.nanoTime() - began);
    if (outcome instanceof Outcome.TargetBroken broken) {
      LOG.info("deliver clickhouse: {} events: {}", batch.events().size(), broken.reason());
      batch.breakOff(broken);
    } else {
      batch.works();
      batch.events().forEach(e -> batch.put(e.id, outcome));
    }
  }

  private Outcome write(Batch batch) throws InterruptedException, IOException {
    Map<String, ByteArrayOutputStream> tables = new LinkedHashMap<>();
    ByteArrayOutputStream raw = new ByteArrayOutputStream(64 * 1024);
    List<Envelope> envelopes = new ArrayList<>();
    for (OutboxEvent event : batch.events()) {
      envelopes.add(Envelope.of(JSON.readTree(event.envelope)));
    }
    Map<String, Long> numbers;
    try {
      numbers = numbers(envelopes);
    } catch (SQLException e) {
      return new Outcome.TargetBroken("reading the channels' ids of dm: " + e, null);
    }
    for (int i = 0; i < envelopes.size(); i++) {
      OutboxEvent event = batch.events().get(i);
      Envelope envelope = envelopes.get(i);
      for (TelemetryRows rows :
          Tombstone.is(envelope)
              ? List.<TelemetryRows>of()
              : telemetry.getOrDefault(event.type, List.of())) {
        for (ObjectNode row : rows.rows(envelope, number(envelope, numbers))) {
          append(tables.computeIfAbsent(rows.table(), t -> new ByteArrayOutputStream()), row);
        }
      }
      for (Map.Entry<String, ObjectNode> row : InboxRows.of(event, envelope.source()).entrySet()) {
        append(
            tables.computeIfAbsent(row.getKey(), t -> new ByteArrayOutputStream()), row.getValue());
      }
      append(raw, raw(event, envelope));
    }
    tables.put("vf.raw_events_log", raw);
    String token = again(batch) ? batch.token().toString() : Composition.id(batch.events());
    try {
      for (Map.Entry<String, ByteArrayOutputStream> table : tables.entrySet()) {
        clickHouse.insert(table.getKey(), token, table.getValue().toByteArray());
      }
      return new Outcome.Settled("written");
    } catch (IOException e) {
      return new Outcome.TargetBroken(e.toString(), null);
    }
  }

  /** What is sent once more must not be taken for a repetition: it may be gone from the tables. */
  private static boolean again(Batch batch) {
    return !batch.items().isEmpty() || batch.chunks().stream().anyMatch(c -> c.attempts() > 0);
  }

  /** By {@code channelid}, of the events that become more than raw events. */
  private Map<String, Long> numbers(List<Envelope> envelopes) throws SQLException {
    List<String> wanted = new ArrayList<>();
    for (Envelope envelope : envelopes) {
      if (envelope.channelid() != null && telemetry.containsKey(envelope.type())) {
        wanted.add(envelope.channelid());
      }
    }
    return channels.of(wanted);
  }

  private static @Nullable Long number(Envelope envelope, Map<String, Long> numbers) {
    return envelope.channelid() == null ? null : numbers.get(envelope.channelid());
  }

  private static ObjectNode raw(OutboxEvent event, Envelope envelope) {
    ObjectNode row = JSON.createObjectNode();
    row.put("event_id", event.id.toString());
    row.put("source", envelope.source());
    row.put("type", envelope.type());
    row.put("subject", envelope.subject());
    row.put("rev", envelope.rev());
    row.put("time", MILLIS.format(envelope.time()));
    row.put("created_at", MICROS.format(event.createdAt));
    UUID replayof = envelope.replayof();
    row.put("replayof", replayof == null ? null : replayof.toString());
    row.put("envelope", new String(event.envelope, java.nio.charset.StandardCharsets.UTF_8));
    return row;
  }

  private static void append(ByteArrayOutputStream lines, ObjectNode row)
      throws JsonProcessingException {
    lines.writeBytes(JSON.writeValueAsBytes(row));
    lines.write('\n');
  }
}
