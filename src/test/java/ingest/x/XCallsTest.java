package ingest.x;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.webhook.Call;
import ingest.webhook.CallMapping;
import ingest.webhook.Mapped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is one event of X, and where direct messages are not. */
final class XCallsTest {
  private static final Path CALLS = Path.of("src/test/resources/calls/x");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final XSender SENDER = new XSender();
  private static final Instant ARRIVED = Instant.parse("2026-09-24T03:15:02Z");
  private static final String DIRECT_MESSAGES = "account-activity.direct_message_events";

  /** What nobody but the two may read, in the recorded calls. */
  private static final List<String> PRIVATE = List.of("Hello", "oak_example", "ExampleApp");

  private static CallMapping mapping(Set<String> privates) {
    return new CallMapping(
        List.of(
            new AccountFollows(), new AccountRevoke(), new DirectMessages(), new ActivityFollow()),
        EventTypes.load(Path.of("routes")),
        privates);
  }

  private static Call call(byte[] body, Instant arrived) {
    Arrival arrival =
        new Arrival(
            arrived,
            null,
            SENDER.message(Map.of(), body),
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    return new Call(SENDER, Map.of(), body, arrival);
  }

  private static Envelope event(String name, Instant arrived) throws IOException {
    return mapping(Set.of()).map(call(body(name), arrived)).envelopes().get(0);
  }

  private static byte[] body(String name) throws IOException {
    return Files.readAllBytes(CALLS.resolve(name + ".body.json"));
  }

  @Test
  void a_follow_that_both_users_are_told_of_is_one_event() throws IOException {
    Envelope first = event("account-activity.follow_events", ARRIVED);
    Envelope again = event("trap.same-follow-for-the-other-user", ARRIVED.plusSeconds(7200));
    assertEquals(first.id(), again.id());
    assertEquals(first.rev(), again.rev());
    assertEquals(first.data(), again.data());
  }

  @Test
  void an_unfollow_is_another_event_than_the_follow_of_the_same_moment() throws IOException {
    Envelope follow = event("account-activity.follow_events", ARRIVED);
    Envelope unfollow = event("account-activity.unfollow_events", ARRIVED);
    assertEquals(follow.time(), unfollow.time());
    assertNotEquals(follow.id(), unfollow.id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "account-activity.user_event-revoke",
        "activity.follow.follow",
        "account-activity.block_events"
      })
  void a_call_that_comes_again_is_the_same_event(String name) throws IOException {
    assertEquals(event(name, ARRIVED).id(), event(name, ARRIVED.plusSeconds(7200)).id());
  }

  @Test
  void an_event_of_the_activity_api_is_told_apart_by_its_uuid() throws IOException {
    ObjectNode body = (ObjectNode) JSON.readTree(body("activity.follow.follow"));
    ((ObjectNode) body.path("data")).put("event_uuid", "7953119945885597316");
    Envelope other =
        mapping(Set.of()).map(call(JSON.writeValueAsBytes(body), ARRIVED)).envelopes().get(0);
    assertNotEquals(event("activity.follow.follow", ARRIVED).id(), other.id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        DIRECT_MESSAGES,
        "trap.direct-message-beside-a-follow",
        "trap.direct-message-of-the-activity-api"
      })
  void a_direct_message_leaves_no_text_where_they_are_off(String name) throws IOException {
    CallMapping mapping = mapping(Set.of());
    Call call = call(body(name), ARRIVED);
    String kept = new String(mapping.kept(call), StandardCharsets.UTF_8);
    Mapped mapped = mapping.map(call);
    assertEquals(Mapped.Kind.UNMAPPED, mapped.kind());
    assertFalse(kept.contains("Hello"), kept);
    assertFalse(kept.contains("ExampleApp"), kept);
    assertTrue(JSON.readTree(kept).path("left_out").size() > 0, kept);
    for (Envelope envelope : mapped.envelopes()) {
      PRIVATE.forEach(text -> assertFalse(envelope.toJson().contains(text), envelope.toJson()));
    }
  }

  @Test
  void what_was_left_out_is_told_and_the_rest_stays() throws IOException {
    assertEquals(
        JSON.readTree(
            """
            {"for_user_id": "1000000000000000001",
             "left_out": ["apps", "direct_message_events", "users"]}
            """),
        JSON.readTree(SENDER.kept(body(DIRECT_MESSAGES), false)));
    ObjectNode beside =
        (ObjectNode) JSON.readTree(SENDER.kept(body("trap.direct-message-beside-a-follow"), false));
    assertEquals(JSON.readTree(body("account-activity.follow_events")), beside.without("left_out"));
    assertEquals(
        JSON.readTree(
            """
            {"data": {"event_uuid": "-1", "event_type": "dm.received"}, "left_out": ["data.payload"]}
            """),
        JSON.readTree(SENDER.kept(body("trap.direct-message-of-the-activity-api"), false)));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"direct_message_events\": [{\"text\": \"Hello\"}]",
        "{\"direct_message_events\": [{\"text\": \"Hello\"}]} {}",
        "{\"direct\\u005fmessage_events\": [{\"text\": \"Hello\"}]}",
        "{\"direct_message_events\": \"Hello\", \"direct_message_events\": []}",
        "{\"data\": {\"event_type\": \"chat.received\", \"text\": \"Hello\"}, \"text\": \"Hello\"}",
        "{\"data\": {\"event_type\": \"dm.sent\", \"text\": \"Hello\"}"
      })
  void nothing_private_stays_of_what_is_odd(String body) {
    byte[] kept = SENDER.kept(body.getBytes(StandardCharsets.UTF_8), false);
    assertFalse(new String(kept, StandardCharsets.UTF_8).contains("Hello"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"account-activity.follow_events", "trap.not-json", "trap.array", "trap.no-items"})
  void a_body_without_direct_messages_is_kept_byte_for_byte(String name) throws IOException {
    assertArrayEquals(body(name), SENDER.kept(body(name), false));
  }

  @Test
  void where_they_are_on_the_event_has_ids_only_and_the_body_is_kept() throws IOException {
    CallMapping mapping = mapping(Set.of("x"));
    Call call = call(body(DIRECT_MESSAGES), ARRIVED);
    Mapped mapped = mapping.map(call);
    assertEquals(Mapped.Kind.MAPPED, mapped.kind());
    assertArrayEquals(call.body, mapping.kept(call));
    for (Envelope envelope : mapped.envelopes()) {
      assertEquals("x.account_activity.direct_message", envelope.type());
      PRIVATE.forEach(text -> assertFalse(envelope.toJson().contains(text), envelope.toJson()));
    }
  }
}
