package ingest.letter;

import static ingest.outbox.AcmeEvents.APPLE_EATEN;
import static ingest.outbox.AcmeEvents.APPLE_SEEN;
import static ingest.outbox.AcmeEvents.PEAR_SEEN;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.event;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.store.TestStores;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LettersTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();

  private Post post;

  @BeforeEach
  void open() throws Exception {
    post = new Post(STORES);
    post.dead(apples(0, 10), "answered 422 to 7f3a", "answered # to #");
    post.dead(apples(10, 3), "no such channel", "no such channel");
    post.dead(events(APPLE_EATEN, 13, 4), "no such channel", "no such channel");
    post.dead(events(PEAR_SEEN, 17, 2), "no such channel", "no such channel");
  }

  @AfterEach
  void close() {
    post.close();
  }

  private static List<Envelope> events(String type, int first, int number) {
    return IntStream.range(first, first + number).mapToObj(n -> event(type, n)).toList();
  }

  private static Filter filter(String json) throws IOException {
    return Filter.of(JSON.readTree(json.replace('\'', '"')));
  }

  @Test
  void they_stand_in_groups_by_target_type_and_cause_each_with_its_latest() throws Exception {
    Letters.Groups groups = post.letters.groups(filter("{'target':'stage'}"), 50);
    assertEquals(
        List.of(
            "acme.apple.seen answered # to # 10",
            "acme.apple.eaten no such channel 4",
            "acme.apple.seen no such channel 3",
            "acme.pear.seen no such channel 2"),
        groups.shown().stream()
            .map(g -> g.type() + " " + g.fingerprint() + " " + g.events())
            .toList());
    assertEquals(19, groups.events());
    Letters.Group first = groups.shown().get(0);
    assertEquals("answered 422 to 7f3a", first.sample().lastError());
    assertEquals("no such thing", first.sample().response());
    assertEquals(15, first.sample().attempts());
    assertEquals(first.last(), first.sample().place().diedAt());
    assertFalse(first.last().isBefore(first.first()));
  }

  @Test
  void groups_that_are_not_shown_are_told_of() throws Exception {
    Letters.Groups groups = post.letters.groups(Filter.ALL, 1);
    assertEquals(1, groups.shown().size());
    assertEquals(8, groups.groups());
    assertEquals(38, groups.events());
    assertEquals(
        new Letters.Groups(List.of(), 0, 0),
        post.letters.groups(filter("{'subject':'acme:none'}"), 50));
  }

  @ParameterizedTest(name = "{0} means {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|38",
        "{'target':'stage'}|19",
        "{'target':'clickhouse'}|0",
        "{'type':'acme.apple.seen'}|26",
        "{'type':'acme.apple.*'}|34",
        "{'type':'acme.apple*'}|34",
        "{'type':'acme.apple'}|0",
        "{'type':'*'}|38",
        "{'fingerprint':'no such channel'}|18",
        "{'type':'acme.apple.*','fingerprint':'no such channel','target':'stage'}|7",
        "{'subject':'acme:3'}|6",
        "{'subject':'acme:3','type':'acme.pear.seen'}|2",
        "{'subject':'acme:4','target':'stage','fingerprint':'answered # to #'}|1",
        "{'from':'2020-01-01'}|38",
        "{'to':'2020-01-01'}|0",
        "{'from':'2020-01-01','to':'2020-01-02'}|0"
      })
  void a_filter_means_what_it_says(String json, long events) throws Exception {
    Filter filter = filter(json);
    assertEquals(events, post.previews.of(filter, Order.Of.dead, null).total());
    assertEquals(events, post.letters.groups(filter, 50).events());
    assertEquals(events, post.letters.list(filter, null, 100).size());
  }

  @Test
  void one_event_is_found_by_its_id_for_each_target() throws Exception {
    String id = EventId.text(event(APPLE_SEEN, 4).id());
    assertEquals(
        Map.of("stage", new Preview.Counts(1, 0), "production", new Preview.Counts(1, 0)),
        post.previews.of(filter("{'event':'" + id + "'}"), Order.Of.dead, null).targets());
    assertEquals(
        1,
        post.previews
            .of(filter("{'event':'" + id + "','target':'stage'}"), Order.Of.dead, null)
            .total());
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'acme.*.seen'}|a type has a * at its end alone: kick.livestream.*",
        "{'from':'yesterday'}|from is no day such as 2026-11-19",
        "{'from':'2026-11-19','to':'2026-11-18'}|to is before from",
        "{'event':'7'}|event is no id of an event"
      })
  void a_filter_that_is_none_is_refused_in_words(String json, String words) {
    assertEquals(
        words, assertThrows(IllegalArgumentException.class, () -> filter(json)).getMessage());
  }

  @Test
  void a_filter_is_the_same_when_it_is_read_again() throws Exception {
    String json =
        "{'target':'stage','type':'acme.*','fingerprint':'a','subject':'b','from':'2026-11-18','to':'2026-11-19','event':'01KAFQ3V8E4JX2T9B6N5R7C1DM'}";
    assertEquals(json.replace('\'', '"'), filter(json).json().toString());
    assertEquals("{}", Filter.ALL.json().toString());
  }

  @Test
  void a_list_goes_on_behind_where_it_ended_whatever_is_requeued_meanwhile() throws Exception {
    List<Place> all = places(post.letters.list(Filter.ALL, null, 100));
    List<Place> seen = new ArrayList<>();
    Set<UUID> requeued = new HashSet<>();
    Place after = null;
    for (List<Place> page = all; !page.isEmpty(); ) {
      page = places(post.letters.list(Filter.ALL, after, 5));
      if (!page.isEmpty()) {
        seen.addAll(page);
        after = Place.of(JSON.readTree(page.get(page.size() - 1).json().toString()));
        requeued.add(page.get(0).eventId());
        STORES
            .sql()
            .run(
                "UPDATE ingest.delivery_item SET status = 'pending' WHERE event_id = ?",
                page.get(0).eventId());
      }
    }
    assertEquals(seen.size(), Set.copyOf(seen).size(), "none twice");
    assertEquals(38, all.size());
    assertEquals(
        List.of(),
        all.stream().filter(p -> !seen.contains(p) && !requeued.contains(p.eventId())).toList());
    assertTrue(seen.size() < all.size(), "what was requeued before its page is not there");
  }

  private static List<Place> places(List<Letters.Letter> letters) {
    return letters.stream().map(Letters.Letter::place).toList();
  }

  @Test
  void whatever_statement_gives_an_event_up_it_is_noted_when_and_whom_it_was_about()
      throws SQLException {
    STORES.sql().run("DELETE FROM ingest.delivery_item");
    post.commit(apples(100, 2));
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.delivery_item (day, target, event_id, chunk, pos, type, status, due_at)
            SELECT day, 'stage', event_id, chunk, pos, type, CASE pos WHEN 0 THEN 'dead' ELSE 'pending' END, now()
            FROM ingest.ingest_outbox WHERE subject IN ('acme:2', 'acme:3') AND chunk = (SELECT max(chunk) FROM ingest.ingest_outbox)
            """);
    STORES.sql().run("UPDATE ingest.delivery_item SET status = 'dead', last_error = 'it burnt'");
    assertEquals(
        List.of("acme:2|t|not said", "acme:3|t|it burnt"),
        STORES
            .sql()
            .rows(
                """
                SELECT o.subject, i.died_at <= now() AND i.subject_key = hashtextextended(o.subject, 0), i.fingerprint
                FROM ingest.delivery_item i JOIN ingest.ingest_outbox o USING (day, chunk, pos) ORDER BY pos
                """));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "7:9:|true",
        "7:7:|true",
        "7:9:7,8|true",
        "9:7:|false",
        "7:9:9|false",
        "7:9:8,7|false",
        "7:9:6|false",
        "0:9:|false",
        "7:9|false",
        "x|false",
        "7:9:'; DROP|false"
      })
  void what_a_preview_saw_is_checked_before_it_is_given_to_the_database(
      String seen, boolean valid) {
    assertEquals(valid, Seen.valid(seen));
    if (valid) {
      assertEquals(seen, STORES.sql().rows("SELECT CAST(? AS pg_snapshot)::text", seen).get(0));
    }
  }

  @Test
  void what_comes_of_json_as_a_place_is_one() {
    for (JsonNode wrong :
        List.of(JSON.createObjectNode(), JSON.createArrayNode(), JSON.createArrayNode().add(1))) {
      assertThrows(IllegalArgumentException.class, () -> Place.of(wrong));
    }
  }
}
