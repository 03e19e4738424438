package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.outbox.Original;
import ingest.outbox.OutboxEvent;
import ingest.webhook.InboxRow;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows that the call of an event becomes beside the event: as it came, for audit and refeed.
 */
public final class InboxRows {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SUMSUB = "vf.sumsub_webhooks_log";

  /** {@code 2020-02-21 13:23:19.002}, in UTC. */
  private static final DateTimeFormatter CREATED_AT_MS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss[.SSS]");

  /** {@code 2023-03-14 12:50:27+0000}. */
  private static final DateTimeFormatter CREATED_AT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ssxx");

  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

  /** Times that a DateTime64 holds and nobody doubts. */
  private static final Instant FIRST = Instant.EPOCH;

  private static final Instant LAST = Instant.parse("2104-12-31T23:59:59.999Z");

  private InboxRows() {}

  /**
   * By stored table; none where the event came otherwise, or with another of its commit.
   *
   * <p>Total, because one bad row would fail the insert of its whole batch: what a body does not
   * say, or says in another way than its sender documents, is empty there.
   */
  public static Map<String, ObjectNode> of(OutboxEvent event, String source) {
    Original original = event.original;
    if (original == null) {
      return Map.of();
    }
    Map<String, ObjectNode> rows = new LinkedHashMap<>();
    ObjectNode row = InboxRow.verified(source, event.id, event.createdAt, original);
    rows.put(InboxRow.TABLE, row);
    if (source.equals("sumsub")) {
      rows.put(SUMSUB, sumsub(row, event.createdAt, json(original.body)));
    }
    return rows;
  }

  /** Of the inbox's row what the two have in common. */
  private static ObjectNode sumsub(ObjectNode inbox, Instant receivedAt, JsonNode body) {
    Instant created = created(body);
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.set("env", inbox.path("env"));
    row.put("applicant_id", text(body.path("applicantId")));
    row.put("created_at", MILLIS.format(created == null ? receivedAt : created));
    row.set("event_id", inbox.path("event_id"));
    row.set("received_at", inbox.path("received_at"));
    row.set("event_type", inbox.path("event_type"));
    row.put("review_status", text(body.path("reviewStatus")));
    row.put("review_answer", text(body.path("reviewResult").path("reviewAnswer")));
    row.set("payload", inbox.path("payload"));
    return row;
  }

  private static JsonNode json(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private static String text(JsonNode value) {
    return InboxRow.text(value.asText(""));
  }

  private static @Nullable Instant created(JsonNode body) {
    Instant millis =
        parsed(
            body.path("createdAtMs"),
            text -> LocalDateTime.parse(text, CREATED_AT_MS).toInstant(ZoneOffset.UTC));
    return millis != null
        ? millis
        : parsed(
            body.path("createdAt"), text -> OffsetDateTime.parse(text, CREATED_AT).toInstant());
  }

  private interface Reading {
    Instant of(String text);
  }

  private static @Nullable Instant parsed(JsonNode value, Reading reading) {
    try {
      Instant time = reading.of(value.asText(""));
      return time.isBefore(FIRST) || time.isAfter(LAST) ? null : time;
    } catch (DateTimeException e) {
      return null;
    }
  }
}
