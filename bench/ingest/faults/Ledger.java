package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.faults.Told.Kept;
import ingest.faults.Told.Kind;
import ingest.run.Stores;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Holds what senders told, and what they were answered, against what the stores have of it. */
final class Ledger {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How many of what breaks a rule are told. */
  private static final int TOLD = 3;

  /** Rows that are in memory at once. */
  private static final int FETCH = 10_000;

  private final List<Told> facts;
  private final Stores stores;
  private final String forged;
  private final List<Check> checks = new ArrayList<>();
  private final Map<UUID, Told> events = new HashMap<>();
  private final List<String> unknown = new ArrayList<>();
  private final List<String> uncommitted = new ArrayList<>();
  private long archived;
  private long kept;

  /** {@code forged}: a text that every forged call has in it, and no other. */
  Ledger(List<Told> facts, Stores stores, String forged) {
    this.facts = facts;
    this.stores = stores;
    this.forged = forged;
  }

  List<Check> check() throws SQLException, IOException, InterruptedException {
    outbox();
    archive();
    each("answered 2xx in the end", fact -> true, Told::accepted);
    each("answered 2xx is in the outbox once", Told::accepted, fact -> fact.events.size() == 1);
    each("in the outbox never twice", Ledger::committed, fact -> fact.events.size() == 1);
    each("in vf.raw_events once", Ledger::committed, fact -> fact.archived == 1);
    each("one body of it in the inbox", Ledger::committed, fact -> fact.kept.size() == 1);
    each("that body is as it was sent", Ledger::committed, Told::bodyIsWhatWasSent);
    rows("archived was committed", archived + kept, uncommitted);
    rows("what is in the outbox was told", events.size() + unknown.size(), unknown);
    forged();
    return checks;
  }

  private static boolean committed(Told fact) {
    return !fact.events.isEmpty();
  }

  private void outbox() throws SQLException, IOException {
    Map<String, Told> named = new HashMap<>();
    facts.forEach(fact -> named.put(fact.kind + " " + fact.name, fact));
    try (Connection connection = DriverManager.getConnection(stores.dm());
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false); // else the driver reads everything at once
      statement.setFetchSize(FETCH);
      try (ResultSet rows =
          statement.executeQuery(
              """
              SELECT event_id, type, envelope FROM ingest.ingest_outbox
              WHERE raw IS NOT NULL OR type LIKE '%.unmapped' OR type IN
                ('resend.email.delivered', 'sumsub.applicant.reviewed', 'kick.chat.message.sent',
                 'kick.livestream.status.updated')""")) {
        while (rows.next()) {
          UUID event = rows.getObject("event_id", UUID.class);
          String type = rows.getString("type");
          Told fact = named.get(name(type, JSON.readTree(rows.getString("envelope")).path("data")));
          if (fact == null) {
            unknown.add(type + " " + event);
          } else {
            fact.events.add(event);
            events.put(event, fact);
          }
        }
      }
    }
  }

  private static String name(String type, JsonNode data) {
    return switch (type) {
      case "resend.email.delivered" -> Kind.EMAIL + " " + data.path("email_id").asText();
      case "sumsub.applicant.reviewed" -> Kind.APPLICANT + " " + data.path("applicant_id").asText();
      case "kick.chat.message.sent" -> Kind.CHAT + " " + data.path("message_id").asText();
      case "kick.livestream.status.updated" ->
          "%s %s %s"
              .formatted(
                  Kind.STREAM,
                  data.path("platform_user_id").asText(),
                  data.path("stream").path("started_at").asText());
      default -> "";
    };
  }

  private void archive() throws IOException, InterruptedException {
    for (JsonNode row :
        stores.clickHouseRows(
            """
            SELECT event_id, count() AS n FROM vf.raw_events
            WHERE type IN ('resend.email.delivered', 'sumsub.applicant.reviewed', 'kick.chat.message.sent',
              'kick.livestream.status.updated') GROUP BY event_id""")) {
      UUID event = UUID.fromString(row.path("event_id").asText());
      Told fact = known(event, "vf.raw_events");
      if (fact != null) {
        fact.archived += row.path("n").asInt();
      }
      archived++;
    }
    for (JsonNode row :
        stores.clickHouseRows(
            """
            SELECT event_id, message_id, lower(hex(SHA256(payload))) AS digest FROM vf.webhook_inbox
            WHERE verified""")) {
      UUID event = UUID.fromString(row.path("event_id").asText());
      Told fact = known(event, "vf.webhook_inbox");
      if (fact != null) {
        fact.kept.add(
            new Kept(event, row.path("message_id").asText(), row.path("digest").asText()));
      }
      kept++;
    }
  }

  private @Nullable Told known(UUID event, String table) {
    Told fact = events.get(event);
    if (fact == null) {
      uncommitted.add(event + " in " + table);
    }
    return fact;
  }

  /** A forged call may be kept as one that was rejected, and nowhere else. */
  private void forged() throws SQLException, IOException {
    JsonNode row =
        stores
            .dmRows(
                """
                SELECT (SELECT count(*) FROM ingest.ingest_outbox) AS examined,
                  (SELECT count(*) FROM ingest.ingest_outbox
                   WHERE envelope LIKE '%%%1$s%%' OR convert_from(raw, 'UTF8') LIKE '%%%1$s%%') AS events,
                  (SELECT count(*) FROM dm.streamer_channel WHERE platform_user_id = '%2$d') AS channels"""
                    .formatted(forged, Forger.CHANNEL))
            .get(0);
    List<String> found = new ArrayList<>();
    for (String what : List.of("events", "channels")) {
      if (row.path(what).asLong() > 0) {
        found.add(what + ": " + row.path(what).asText());
      }
    }
    checks.add(
        new Check(
            "nothing forged in PostgreSQL", row.path("examined").asLong(), found.size(), found));
  }

  private void each(String name, Predicate<Told> examined, Predicate<Told> holds) {
    List<Told> all = facts.stream().filter(examined).toList();
    List<String> broken = all.stream().filter(holds.negate()).map(Told::toString).toList();
    rows(name, all.size(), broken);
  }

  private void rows(String name, long examined, List<String> broken) {
    checks.add(new Check(name, examined, broken.size(), broken.stream().limit(TOLD).toList()));
  }
}
