package ingest.projection.sumsub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.projection.Webhooks;
import ingest.store.Sql;
import ingest.store.TestStores;
import ingest.sumsub.SumsubSender;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sumsub's webhooks become {@code public.kyc_status}, whatever the order they come in. */
final class KycStatusTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Webhooks SUMSUB = new Webhooks(new SumsubSender());
  private static final Instant START = Instant.parse("2026-09-24T03:15:10.123Z");
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);
  private static final int ROUNDS = 200;

  private static final List<String> REVIEWING =
      List.of(
          "applicantCreated",
          "applicantPending",
          "applicantPrechecked",
          "applicantOnHold",
          "applicantReviewed",
          "applicantReset",
          "applicantLevelChanged",
          "applicantWorkflowCompleted");

  private static final List<String> OTHERS =
      List.of(
          "applicantActivated",
          "applicantDeactivated",
          "applicantDeleted",
          "applicantPersonalDataDeleted");

  /** A call, before it is written as JSON. */
  private record Hook(
      String type,
      String applicant,
      Instant at,
      @Nullable String user,
      @Nullable String kind,
      boolean sandbox,
      @Nullable String status,
      @Nullable String answer,
      @Nullable String rejectType,
      @Nullable String level) {

    /** What is absent is so in one of the ways in which Sumsub leaves things out. */
    ObjectNode body(Random random) {
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      body.put("type", type).put("createdAtMs", MILLIS.format(at));
      number(body, "applicantId", applicant, random);
      number(body, "externalUserId", user, random);
      put(body, "applicantType", kind, random);
      if (random.nextBoolean()) {
        body.put("sandboxMode", sandbox);
      } else {
        body.put("sandboxMode", Boolean.toString(sandbox));
      }
      put(body, "reviewStatus", status, random);
      put(body, "levelName", level, random);
      if (answer != null || random.nextBoolean()) {
        ObjectNode result = body.putObject("reviewResult");
        put(result, "reviewAnswer", answer, random);
        put(result, "reviewRejectType", rejectType, random);
      }
      body.put("correlationId", "req-" + random.nextInt());
      return body;
    }

    private static void put(ObjectNode to, String name, @Nullable String value, Random random) {
      if (value != null) {
        to.put(name, value);
      } else if (random.nextBoolean()) {
        to.put(name, random.nextBoolean() ? null : "");
      }
    }

    private static void number(ObjectNode to, String name, @Nullable String value, Random random) {
      if (value != null && random.nextBoolean()) {
        to.put(name, Long.parseLong(value));
      } else {
        put(to, name, value, random);
      }
    }

    @Nullable Boolean active() {
      return switch (type) {
        case "applicantActivated" -> true;
        case "applicantDeactivated" -> false;
        default -> null;
      };
    }

    boolean reviews() {
      return REVIEWING.contains(type)
          && status != null
          && (answer != null || !status.equals("completed"));
    }
  }

  private static Hook hook(String type, Instant at, String status, @Nullable String answer) {
    return new Hook(type, "1", at, "7", "individual", false, status, answer, null, "basic");
  }

  private static Envelope event(Hook hook) {
    return SUMSUB.event(Map.of(), hook.body(new Random(1)));
  }

  private static void write(Envelope... batch) throws SQLException {
    try (Connection connection = STORES.env().connection()) {
      SUMSUB.project(connection, List.of(batch));
    }
  }

  private static List<String> rows(String columns) {
    return STORES.envSql().rows("SELECT " + columns + " FROM public.kyc_status");
  }

  @Test
  void every_type_that_is_mapped_is_projected() {
    assertEquals(SUMSUB.types().get(0), SUMSUB.types().get(1));
    assertEquals(REVIEWING.size() + OTHERS.size(), SUMSUB.types().get(0).size());
  }

  // -- any order

  /** Few distinct times, so that revisions are often equal. */
  private static Hook any(Random random) {
    String type =
        random.nextInt(3) > 0
            ? REVIEWING.get(random.nextInt(REVIEWING.size()))
            : OTHERS.get(random.nextInt(OTHERS.size()));
    boolean reviewed = type.equals("applicantReviewed");
    boolean answered = reviewed || random.nextInt(3) == 0;
    boolean open =
        List.of("applicantPending", "applicantPrechecked", "applicantOnHold", "applicantReset")
            .contains(type);
    return new Hook(
        type,
        Integer.toString(random.nextInt(3)),
        START.plusMillis(random.nextInt(12)),
        random.nextInt(4) == 0 ? null : Integer.toString(random.nextInt(3)),
        random.nextInt(4) == 0 ? null : random.nextBoolean() ? "individual" : "company",
        random.nextInt(9) == 0,
        open || answered
            ? any(random, "init", "pending", "queued", "onHold", answered ? "completed" : "other")
            : random.nextInt(5) == 0 ? null : any(random, "init", "completed"),
        answered ? any(random, "GREEN", "RED", "YELLOW") : null,
        answered && random.nextBoolean() ? any(random, "RETRY", "FINAL") : null,
        random.nextInt(4) == 0 ? null : any(random, "basic", "advanced"));
  }

  private static String any(Random random, String... values) {
    return values[random.nextInt(values.length)];
  }

  /** What one call says, and the id that decides between equal times. */
  private record Said(Hook hook, Envelope event) {}

  private static @Nullable Said newest(Stream<Said> said) {
    return said.max(
            Comparator.comparing((Said s) -> s.hook.at).thenComparing(s -> s.event.id().toString()))
        .orElse(null);
  }

  private static String value(@Nullable Said said, Function<Hook, @Nullable String> field) {
    String value = said == null ? null : field.apply(said.hook);
    return value == null ? "-" : value;
  }

  private static String first(Stream<Said> said) {
    return said.map(s -> s.hook.at).min(Comparator.naturalOrder()).map(MILLIS::format).orElse("-");
  }

  /** What the rules say, worked out without PostgreSQL, mappers and projectors. */
  private static List<String> expected(List<Said> history) {
    List<String> rows = new ArrayList<>();
    for (String applicant : new TreeSet<>(history.stream().map(s -> s.hook.applicant).toList())) {
      List<Said> own = history.stream().filter(s -> s.hook.applicant.equals(applicant)).toList();
      Said review = newest(own.stream().filter(s -> s.hook.reviews()));
      Said active = newest(own.stream().filter(s -> s.hook.active() != null));
      String deleted = first(own.stream().filter(s -> s.hook.type.equals("applicantDeleted")));
      String erased =
          first(own.stream().filter(s -> s.hook.type.equals("applicantPersonalDataDeleted")));
      boolean inactive = active != null && Boolean.FALSE.equals(active.hook.active());
      rows.add(
          String.join(
              "|",
              applicant,
              !deleted.equals("-")
                  ? "deleted"
                  : !erased.equals("-")
                      ? "personal_data_deleted"
                      : inactive ? "inactive" : reviewed(review),
              own.stream().anyMatch(s -> s.hook.sandbox) ? "t" : "f",
              value(newest(own.stream().filter(s -> s.hook.user != null)), Hook::user),
              value(newest(own.stream().filter(s -> s.hook.kind != null)), Hook::kind),
              value(review, Hook::status),
              value(review, Hook::answer),
              value(review, Hook::rejectType),
              value(review, Hook::level),
              value(review, h -> MILLIS.format(h.at)),
              active == null ? "-" : inactive ? "f" : "t",
              deleted,
              erased));
    }
    return rows;
  }

  private static String reviewed(@Nullable Said review) {
    if (review == null) {
      return "unknown";
    }
    return switch (value(review, Hook::status)) {
      case "init" -> "created";
      case "onHold" -> "on_hold";
      case "completed" ->
          switch (value(review, Hook::answer)) {
            case "GREEN" -> "approved";
            case "RED" -> value(review, Hook::rejectType).equals("RETRY") ? "retry" : "rejected";
            default -> "unknown";
          };
      default -> "pending";
    };
  }

  private static final String ROWS =
      """
      SELECT applicant_id, status, sandbox, external_user_id, applicant_type, review_status, review_answer, reject_type,
             level, to_char(review_at, '%1$s'), active, to_char(deleted_at, '%1$s'),
             to_char(personal_data_deleted_at, '%1$s')
      FROM public.kyc_status ORDER BY applicant_id
      """
          .formatted("YYYY-MM-DD HH24:MI:SS.MS");

  @Test
  void any_order_of_arrival_with_repeats_gives_the_same_rows() throws SQLException {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      List<Said> history = history(random);
      try (Connection tx = STORES.env().connection()) {
        tx.setAutoCommit(false);
        for (List<Said> batch : Webhooks.arrivals(history, random)) {
          // written anew: a call that comes again may be written in another way
          SUMSUB.project(
              tx, batch.stream().map(s -> SUMSUB.event(Map.of(), s.hook.body(random))).toList());
        }
        assertEquals(
            String.join("\n", expected(history)),
            String.join("\n", Sql.rows(tx, ROWS)),
            "round " + round + ", run again with -Dseed=" + seed);
        tx.rollback();
      }
    }
  }

  private static List<Said> history(Random random) {
    List<Said> history = new ArrayList<>();
    Set<Object> keys = new HashSet<>();
    for (int size = 1 + random.nextInt(25); size > 0; size--) {
      Hook hook = any(random);
      if (keys.add(List.of(hook.applicant, hook.type, hook.at))) {
        history.add(new Said(hook, SUMSUB.event(Map.of(), hook.body(random))));
      }
    }
    return history;
  }

  // -- one by one

  @Test
  void a_pending_that_comes_late_does_not_overwrite_the_answer() throws SQLException {
    Envelope pending = event(hook("applicantPending", START, "pending", null));
    Envelope green = event(hook("applicantReviewed", START.plusMillis(1), "completed", "GREEN"));
    write(green);
    write(pending);
    assertEquals(List.of("approved|completed|GREEN"), rows("status, review_status, review_answer"));
    List<String> before = rows("*, xmin");
    write(pending);
    assertEquals(before, rows("*, xmin"), "what changes nothing writes nothing");
  }

  @Test
  void a_green_may_become_red_and_the_other_way_round() throws SQLException {
    write(event(hook("applicantReviewed", START.plusSeconds(60), "completed", "RED")));
    write(event(hook("applicantReviewed", START, "completed", "GREEN")));
    assertEquals(List.of("rejected"), rows("status"));
    write(event(hook("applicantReviewed", START.plusSeconds(90), "completed", "GREEN")));
    assertEquals(List.of("approved"), rows("status"));
  }

  @ParameterizedTest(name = "{0} {1} {2} is {3}")
  @CsvSource({
    "init,,,created",
    "pending,,,pending",
    "prechecked,,,pending",
    "queued,,,pending",
    "awaitingService,,,pending",
    "onHold,,,on_hold",
    "queued,GREEN,,pending",
    "completed,GREEN,,approved",
    "completed,RED,RETRY,retry",
    "completed,RED,FINAL,rejected",
    "completed,RED,,rejected",
    "completed,YELLOW,,unknown",
  })
  void a_review_has_a_status(
      String status, @Nullable String answer, @Nullable String rejectType, String shown)
      throws SQLException {
    write(
        event(
            new Hook(
                "applicantCreated",
                "1",
                START,
                "7",
                null,
                false,
                status,
                answer,
                rejectType,
                "a")));
    assertEquals(List.of(shown), rows("status"));
  }

  @Test
  void a_reset_takes_the_answer_away_and_an_older_one_does_not_bring_it_back() throws SQLException {
    write(event(hook("applicantReset", START.plusSeconds(60), "init", null)));
    write(event(hook("applicantReviewed", START, "completed", "GREEN")));
    assertEquals(List.of("created|-"), rows("status, review_answer"));
  }

  @Test
  void an_applicant_that_is_inactive_keeps_its_answer() throws SQLException {
    write(event(hook("applicantReviewed", START, "completed", "GREEN")));
    write(event(hook("applicantDeactivated", START.plusSeconds(60), "completed", null)));
    assertEquals(List.of("inactive|GREEN"), rows("status, review_answer"));
    write(event(hook("applicantActivated", START.plusSeconds(90), "completed", null)));
    assertEquals(List.of("approved|GREEN"), rows("status, review_answer"));
  }

  @Test
  void nothing_brings_back_what_is_deleted() throws SQLException {
    write(event(hook("applicantPersonalDataDeleted", START.plusSeconds(60), "completed", null)));
    write(event(hook("applicantReviewed", START.plusSeconds(90), "completed", "GREEN")));
    assertEquals(List.of("personal_data_deleted"), rows("status"));
    write(event(hook("applicantDeleted", START.plusSeconds(30), "completed", null)));
    write(event(hook("applicantActivated", START.plusSeconds(90), "completed", null)));
    assertEquals(List.of("deleted"), rows("status"));
  }

  @Test
  void a_completed_review_without_its_answer_takes_none_away() throws SQLException {
    write(event(hook("applicantReviewed", START, "completed", "GREEN")));
    write(event(hook("applicantWorkflowCompleted", START.plusSeconds(60), "completed", null)));
    assertEquals(List.of("approved|GREEN"), rows("status, review_answer"));
  }

  @Test
  void a_replay_writes_the_row_of_its_original_again() throws SQLException {
    Envelope original = event(hook("applicantReviewed", START, "completed", "RED"));
    write(original);
    List<String> before = rows("status, review_answer, review_rev, review_ev");
    STORES.envSql().run("UPDATE public.kyc_status SET review_answer = 'GREEN'");
    write(
        new Envelope(
            event(hook("applicantCreated", START, "init", null)).id(),
            original.source(),
            original.type(),
            original.dataschema(),
            original.subject(),
            original.time(),
            original.rev(),
            null,
            original.id(),
            original.traceparent(),
            original.data()));
    assertEquals(before, rows("status, review_answer, review_rev, review_ev"));
  }
}
