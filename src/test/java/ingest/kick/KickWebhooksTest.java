package ingest.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.github.f4b6a3.ulid.Ulid;
import ingest.envelope.Envelope;
import ingest.webhook.CallMapping;
import ingest.webhook.CallPairs;
import ingest.webhook.Mapped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What makes two calls one event; what each becomes is beside the recorded calls. */
final class KickWebhooksTest {
  private static final KickSender KICK = new KickSender();
  private static final CallMapping MAPPING = CallPairs.mapping();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ID = "kick-event-message-id";
  private static final String SENT = "kick-event-message-timestamp";
  private static final String TYPE = "kick-event-type";

  /** Types whose bodies nothing tells apart. */
  private static final Set<String> ALIKE =
      Set.of("channel.subscription.new", "channel.subscription.renewal");

  /** The cases of calls that are understood. */
  static List<String> understood() throws IOException {
    List<String> cases = new ArrayList<>();
    for (String name : CallPairs.cases(KICK)) {
      if (map(name).kind() == Mapped.Kind.MAPPED) {
        cases.add(name);
      }
    }
    return cases;
  }

  private static Mapped map(String name) throws IOException {
    return map(name, Map.of(), CallPairs.body(KICK, name));
  }

  private static Mapped map(String name, Map<String, String> changed, byte[] body)
      throws IOException {
    Map<String, String> headers = CallPairs.headers(KICK, name);
    headers.putAll(changed);
    return MAPPING.map(CallPairs.call(KICK, headers, body));
  }

  private static Envelope event(Mapped mapped) {
    assertEquals(1, mapped.envelopes().size());
    return mapped.envelopes().get(0);
  }

  /** Another message of the same fact, made and sent a moment later. */
  private static Map<String, String> again(String name, int millis) throws IOException {
    String id = CallPairs.headers(KICK, name).getOrDefault(ID, "");
    String other =
        Ulid.isValid(id)
            ? new Ulid(Ulid.from(id).getInstant().toEpochMilli() + millis, new byte[10]).toString()
            : id + "-again";
    return Map.of(ID, other, SENT, "2026-09-24T03:01:15Z");
  }

  @ParameterizedTest
  @MethodSource("understood")
  void a_redelivery_is_the_same_event_whenever_it_is_sent(String name) throws IOException {
    Map<String, String> later = Map.of(SENT, "2026-09-24T03:04:59Z");
    assertEquals(event(map(name)).id(), event(map(name, later, CallPairs.body(KICK, name))).id());
  }

  /** Two subscriptions of one channel to one type deliver it twice. */
  @ParameterizedTest
  @MethodSource("understood")
  void one_fact_under_two_message_ids_is_one_event_unless_its_body_tells_nothing(String name)
      throws IOException {
    UUID other = event(map(name, again(name, 400), CallPairs.body(KICK, name))).id();
    boolean byMessage =
        name.startsWith("livestream.metadata.updated")
            || name.endsWith("-undated")
            || name.equals("message-id-is-no-ulid");
    assertEquals(!byMessage, event(map(name)).id().equals(other));
  }

  @Test
  void a_follow_is_another_one_a_minute_later() throws IOException {
    String name = "channel.followed";
    byte[] body = CallPairs.body(KICK, name);
    assertNotEquals(event(map(name)).id(), event(map(name, again(name, 60_000), body)).id());
    byte[] other = text(body).replace("900000103", "900000104").getBytes(StandardCharsets.UTF_8);
    assertNotEquals(event(map(name)).id(), event(map(name, Map.of(), other)).id());
  }

  @Test
  void a_message_id_that_is_no_ulid_is_an_identity_all_the_same() throws IOException {
    byte[] body = CallPairs.body(KICK, "channel.followed");
    Envelope one = event(map("channel.followed", Map.of(ID, "evt-1"), body));
    assertEquals(one.id(), event(map("channel.followed", Map.of(ID, "evt-1"), body)).id());
    assertNotEquals(one.id(), event(map("channel.followed", Map.of(ID, "evt-2"), body)).id());
  }

  @ParameterizedTest
  @MethodSource("understood")
  void ids_may_be_numbers_or_texts(String name) throws IOException {
    JsonNode body = JSON.readTree(CallPairs.body(KICK, name));
    body.findParents("user_id")
        .forEach(
            person -> {
              JsonNode id = person.path("user_id");
              if (!id.isNull()) {
                ((ObjectNode) person).set("user_id", TextNode.valueOf(id.asText()));
              }
            });
    assertEquals(
        map(name).envelopes(), map(name, Map.of(), JSON.writeValueAsBytes(body)).envelopes());
  }

  @ParameterizedTest(name = "{0}, {1} is {2}")
  @CsvSource({
    "chat.message.sent, 2026-09-24T03:05:10Z, 2026-09-24T14:05:10+11:00",
    "channel.subscription.new, 03:06:40.512903Z, 03:06:40.512903000Z",
    "channel.subscription.gifts, 03:08:15.220194837Z, 03:08:15.220194Z",
    "kicks.gifted, 2026-09-24T03:12:08.634Z, 2026-09-24T14:12:08.634000+11:00",
    "moderation.banned-timeout, 2026-09-24T03:10:05Z, 2026-09-24T03:10:05.000Z",
    "moderation.banned-timeout, 2026-09-24T03:20:05Z, 2026-09-24T14:20:05+11:00",
    "channel.reward.redemption.updated-pending, 03:09:00.323Z, 03:09:00.323000Z"
  })
  void a_time_is_the_same_however_it_is_written(String name, String time, String same)
      throws IOException {
    String body = text(CallPairs.body(KICK, name));
    assertNotEquals(body, body.replace(time, same));
    assertEquals(
        event(map(name)).id(),
        event(map(name, Map.of(), body.replace(time, same).getBytes(StandardCharsets.UTF_8))).id());
  }

  @ParameterizedTest(name = "{0}, {2} for {1}")
  @CsvSource({
    "chat.message.sent, 77008368-5f26-4d1d-a546-995e7f8093f1, 77008368-5f26-4d1d-a546-995e7f8093f2",
    "channel.subscription.new, 900000104, 900000105",
    "channel.subscription.new, 03:06:40.512903Z, 03:06:40.512904Z",
    "channel.subscription.renewal, 2026-10-24T03:07:02.004317Z, 2026-11-24T03:07:02.004317Z",
    "channel.subscription.gifts, 900000108, 900000109",
    "channel.subscription.gifts, 900000106, 900000101",
    "channel.reward.redemption.updated-accepted, accepted, rejected",
    "moderation.banned-timeout, 900000112, 900000113",
    "moderation.banned-timeout, 2026-09-24T03:20:05Z, 2026-09-24T03:21:05Z",
    "kicks.gifted, 900000113, 900000114",
    "kicks.gifted, 500, 501"
  })
  void what_differs_in_its_key_is_another_event(String name, String value, String other)
      throws IOException {
    String body = text(CallPairs.body(KICK, name)).replace(value, other);
    assertNotEquals(
        event(map(name)).id(),
        event(map(name, Map.of(), body.getBytes(StandardCharsets.UTF_8))).id());
  }

  /** Kick does not sign the type: a genuine body may come under any. */
  @ParameterizedTest
  @MethodSource("understood")
  void a_header_that_lies_about_the_type_makes_no_event_of_another_type(String name)
      throws IOException {
    Set<String> types = new TreeSet<>();
    for (String other : CallPairs.cases(KICK)) {
      types.add(CallPairs.headers(KICK, other).getOrDefault(TYPE, "absent"));
    }
    String own = CallPairs.headers(KICK, name).get(TYPE);
    for (String type : types) {
      Mapped mapped = map(name, Map.of(TYPE, type), CallPairs.body(KICK, name));
      if (type.equals(own) || (ALIKE.contains(type) && ALIKE.contains(own))) {
        assertEquals(Mapped.Kind.MAPPED, mapped.kind(), type);
      } else {
        assertNotEquals(Mapped.Kind.MAPPED, mapped.kind(), type);
        assertEquals("kick.unmapped", event(mapped).type());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("understood")
  void what_people_write_and_are_called_stays_outside_unless_it_is_chat(String name)
      throws IOException {
    String written = event(map(name)).toJson();
    for (String text :
        List.of("play the next song", "nice one", "spam", "_fan\"", "fir_mod", "thorn_user")) {
      assertEquals(
          name.startsWith("chat.message.sent") && text.equals("_fan\""),
          written.contains(text),
          text);
    }
    assertFalse(written.contains("img.example.com/u/9000001"), "a viewer's picture");
  }

  @ParameterizedTest
  @MethodSource("understood")
  void whatever_is_null_or_gone_ends_in_an_event_and_never_in_an_exception(String name)
      throws IOException {
    JsonNode body = JSON.readTree(CallPairs.body(KICK, name));
    List<UnaryOperator<ObjectNode>> changes = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : body.properties()) {
      changes.add(o -> o.putNull(field.getKey()));
      changes.add(o -> o.without(List.of(field.getKey())));
      changes.add(o -> o.put(field.getKey(), 7));
      changes.add(o -> o.put(field.getKey(), "x"));
      changes.add(o -> o.put(field.getKey(), "0001-01-01T00:00:00Z"));
      changes.add(o -> o.put(field.getKey(), "9999-12-31T23:59:59.999999999+14:00"));
      changes.add(o -> o.set(field.getKey(), JSON.createArrayNode().add(JSON.createObjectNode())));
      changes.add(o -> o.set(field.getKey(), JSON.createObjectNode()));
    }
    for (UnaryOperator<ObjectNode> change : changes) {
      byte[] changed = JSON.writeValueAsBytes(change.apply(body.deepCopy()));
      event(map(name, Map.of(), changed)).toJson();
    }
  }

  private static String text(byte[] body) {
    return new String(body, StandardCharsets.UTF_8);
  }
}
