package ingest.projection.resend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.projection.Webhooks;
import ingest.resend.ResendSender;
import ingest.store.Sql;
import ingest.store.TestStores;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resend's webhooks become {@code public.email_delivery}, whatever the order they come in. */
final class EmailDeliveryTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Webhooks RESEND = new Webhooks(new ResendSender());
  private static final Instant START = Instant.parse("2026-09-24T03:15:01.126Z");
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);
  private static final int ROUNDS = 200;

  private static final List<String> STATUSES =
      List.of(
          "scheduled",
          "sent",
          "delivered",
          "delivery_delayed",
          "bounced",
          "complained",
          "opened",
          "clicked",
          "failed",
          "suppressed");

  /** A call, before it is written as JSON; {@code why} and {@code how} are words of its type. */
  private record Hook(
      int message,
      String status,
      int email,
      Instant at,
      @Nullable String why,
      @Nullable String how) {

    ObjectNode body() {
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      body.put("type", "email." + status).put("created_at", at.toString());
      ObjectNode data = body.putObject("data").put("email_id", "e-" + email);
      data.put("subject", "Confirm your address").put("from", "hello@mail.example.com");
      data.putArray("to").add("person@example.org");
      switch (status) {
        case "bounced" -> data.putObject("bounce").put("type", why).put("subType", how);
        case "failed" -> data.putObject("failed").put("reason", why);
        case "suppressed" -> data.putObject("suppressed").put("type", why).put("message", how);
        case "clicked" -> data.putObject("click").put("ipAddress", "192.0.2.10").put("link", how);
        default -> {}
      }
      return body;
    }

    Envelope event() {
      return RESEND.event(Map.of("svix-id", "msg_" + message), body());
    }
  }

  private static Hook hook(String status, Instant at) {
    return new Hook(at.hashCode(), status, 1, at, "Why", "How");
  }

  private static void write(Hook... batch) throws SQLException {
    try (Connection connection = STORES.env().connection()) {
      RESEND.project(connection, Stream.of(batch).map(Hook::event).toList());
    }
  }

  private static List<String> rows(String columns) {
    return STORES.envSql().rows("SELECT " + columns + " FROM public.email_delivery");
  }

  @Test
  void every_type_that_is_mapped_is_projected() {
    assertEquals(RESEND.types().get(0), RESEND.types().get(1));
    assertEquals(STATUSES.size(), RESEND.types().get(0).size());
  }

  // -- any order

  /** Few distinct times, so that revisions are often equal. */
  private static Hook any(Random random, int message) {
    return new Hook(
        message,
        STATUSES.get(random.nextInt(STATUSES.size())),
        random.nextInt(3),
        START.plusMillis(random.nextInt(12)),
        random.nextInt(4) == 0 ? null : "Why" + random.nextInt(5),
        random.nextInt(4) == 0 ? null : "How" + random.nextInt(5));
  }

  /** The id decides between equal times. */
  private static @Nullable Hook newest(Stream<Hook> said) {
    return said.max(
            Comparator.comparing((Hook h) -> h.at).thenComparing(h -> h.event().id().toString()))
        .orElse(null);
  }

  private static String value(@Nullable Hook hook, Function<Hook, @Nullable String> field) {
    String value = hook == null ? null : field.apply(hook);
    return value == null ? "-" : value;
  }

  /** What the rules say, worked out without PostgreSQL, mappers and projectors. */
  private static List<String> expected(List<Hook> history) {
    List<String> rows = new ArrayList<>();
    for (int email : new TreeSet<>(history.stream().map(h -> h.email).toList())) {
      List<Hook> own = history.stream().filter(h -> h.email == email).toList();
      Hook bounce = newest(of("bounced", own).filter(h -> h.why != null || h.how != null));
      List<String> row = new ArrayList<>();
      row.add("e-" + email);
      row.add(value(newest(own.stream()), Hook::status));
      row.add(value(newest(own.stream()), h -> MILLIS.format(h.at)));
      row.add(value(bounce, Hook::why));
      row.add(value(bounce, Hook::how));
      row.add(value(newest(of("failed", own).filter(h -> h.why != null)), Hook::why));
      row.add(value(newest(of("suppressed", own).filter(h -> h.why != null)), Hook::why));
      for (String status : STATUSES) {
        row.add(
            of(status, own)
                .map(h -> h.at)
                .min(Comparator.naturalOrder())
                .map(MILLIS::format)
                .orElse("-"));
      }
      rows.add(String.join("|", row));
    }
    return rows;
  }

  private static Stream<Hook> of(String status, List<Hook> own) {
    return own.stream().filter(h -> h.status.equals(status));
  }

  private static final String ROWS =
      """
      SELECT email_id, status, to_char(status_at, '%1$s'), bounce_type, bounce_subtype, failure_reason, suppression_type,
             to_char(scheduled_at, '%1$s'), to_char(sent_at, '%1$s'), to_char(delivered_at, '%1$s'),
             to_char(delivery_delayed_at, '%1$s'), to_char(bounced_at, '%1$s'), to_char(complained_at, '%1$s'),
             to_char(opened_at, '%1$s'), to_char(clicked_at, '%1$s'), to_char(failed_at, '%1$s'),
             to_char(suppressed_at, '%1$s')
      FROM public.email_delivery ORDER BY email_id
      """
          .formatted("YYYY-MM-DD HH24:MI:SS.MS");

  @Test
  void any_order_of_arrival_with_repeats_gives_the_same_rows() throws SQLException {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      List<Hook> history = new ArrayList<>();
      for (int size = 1 + random.nextInt(25); size > 0; size--) {
        history.add(any(random, size));
      }
      try (Connection tx = STORES.env().connection()) {
        tx.setAutoCommit(false);
        for (List<Hook> batch : Webhooks.arrivals(history, random)) {
          RESEND.project(tx, batch.stream().map(Hook::event).toList());
        }
        assertEquals(
            String.join("\n", expected(history)),
            String.join("\n", Sql.rows(tx, ROWS)),
            "round " + round + ", run again with -Dseed=" + seed);
        tx.rollback();
      }
    }
  }

  // -- one by one

  @Test
  void a_sent_that_comes_late_does_not_overwrite_the_delivery() throws SQLException {
    write(hook("delivered", START.plusSeconds(2)));
    write(hook("sent", START));
    assertEquals(
        List.of("delivered|t|t"), rows("status, sent_at < delivered_at, status_at = delivered_at"));
    write(hook("delivery_delayed", START.plusSeconds(1)));
    assertEquals(List.of("delivered"), rows("status"));
    List<String> before = rows("*, xmin");
    write(hook("sent", START), hook("delivery_delayed", START.plusSeconds(1)));
    assertEquals(before, rows("*, xmin"), "what changes nothing writes nothing");
  }

  @Test
  void what_happens_later_leaves_what_was() throws SQLException {
    write(hook("opened", START.plusSeconds(60)), hook("opened", START.plusSeconds(30)));
    write(hook("clicked", START.plusSeconds(90)), hook("bounced", START));
    assertEquals(
        List.of("clicked|t|t|Why|How"),
        rows(
            "status, opened_at = status_at - interval '60 s', bounced_at < opened_at, bounce_type, bounce_subtype"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"person@example.org", "192.0.2.10", "Confirm your address", "hello@mail"})
  void nothing_of_whom_it_was_sent_to_is_in_an_event(String personal) {
    for (String status : STATUSES) {
      String data =
          new Hook(1, status, 1, START, "of " + personal, personal).event().data().toString();
      assertEquals(-1, data.indexOf(personal), data);
    }
  }
}
