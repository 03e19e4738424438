package ingest.embedded.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kick's event subscriptions, as they are documented and as they have been seen. */
class SubscriptionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long CHANNEL = 900_000_001L;

  private final Subscriptions subscriptions = new Subscriptions(new World(7), Clock.systemUTC());

  private JsonNode create(long channel, String... events) throws IOException {
    String wanted =
        List.of(events).stream()
            .map("{\"name\":\"%s\",\"version\":1}"::formatted)
            .collect(Collectors.joining(","));
    return JSON.readTree(
        subscriptions.create(
            "{\"broadcaster_user_id\":%d,\"events\":[%s],\"method\":\"webhook\"}"
                .formatted(channel, wanted)));
  }

  private JsonNode listed(long channel) throws IOException {
    return JSON.readTree(subscriptions.list("broadcaster_user_id=" + channel)).path("data");
  }

  @Test
  void what_is_made_is_listed_for_its_channel_alone() throws IOException {
    JsonNode made = create(CHANNEL, "channel.followed").path("data").get(0);
    JsonNode listed = listed(CHANNEL).get(0);
    assertEquals(made.path("subscription_id"), listed.path("id"));
    assertEquals("channel.followed", listed.path("event").asText());
    assertEquals(CHANNEL, listed.path("broadcaster_user_id").longValue());
    assertEquals(0, listed(CHANNEL + 1).size());
  }

  @Test
  void nothing_prevents_two_of_one_event() throws IOException {
    create(CHANNEL, "channel.followed");
    create(CHANNEL, "channel.followed");
    assertEquals(2, listed(CHANNEL).size());
  }

  @Test
  void an_event_that_is_none_is_an_error_of_its_item() throws IOException {
    JsonNode data = create(CHANNEL, "channel.followed", "channel.followd").path("data");
    assertEquals("invalid event", data.get(1).path("error").asText());
    assertEquals("", data.get(1).path("subscription_id").asText());
    assertEquals(1, listed(CHANNEL).size());
  }

  @Test
  void a_limit_fails_the_whole_call() throws IOException {
    subscriptions.order("{\"limits\":{\"chat.message.sent\":1}}");
    create(CHANNEL, "chat.message.sent");
    assertThrows(
        Subscriptions.LimitReached.class,
        () -> create(CHANNEL + 1, "channel.followed", "chat.message.sent"));
    assertEquals(0, listed(CHANNEL + 1).size());
  }

  @Test
  void three_hundred_and_thirty_ids_are_too_many_to_remove() throws IOException {
    String id = create(CHANNEL, "channel.followed").at("/data/0/subscription_id").asText();
    String many =
        IntStream.range(0, 330).mapToObj(i -> "id=" + id).collect(Collectors.joining("&"));
    assertThrows(InvalidRequest.class, () -> subscriptions.remove(many));
    subscriptions.remove(many.substring(many.indexOf('&') + 1));
    assertEquals(0, listed(CHANNEL).size());
  }

  @Test
  void what_is_unlisted_is_held_and_delivers() throws IOException {
    subscriptions.order("{\"unlisted\":1,\"deliver\":\"subscribed\"}");
    create(CHANNEL, "channel.followed");
    assertEquals(0, listed(CHANNEL).size());
    assertEquals(1, subscriptions.deliveries(CHANNEL, "channel.followed"));
  }

  @Test
  void an_event_is_told_as_often_as_it_is_held_once_that_is_asked_for() throws IOException {
    assertEquals(1, subscriptions.deliveries(CHANNEL, "channel.followed"), "to everybody");
    subscriptions.order("{\"deliver\":\"subscribed\"}");
    assertEquals(0, subscriptions.deliveries(CHANNEL, "channel.followed"));
    create(CHANNEL, "channel.followed");
    subscriptions.order("{\"twice\":{\"channel\":%d}}".formatted(CHANNEL));
    assertEquals(2, subscriptions.deliveries(CHANNEL, "channel.followed"));
    subscriptions.order("{\"drop\":{\"event\":\"channel.followed\"}}");
    assertEquals(0, subscriptions.deliveries(CHANNEL, "channel.followed"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"broadcaster_user_id\":900000001,\"events\":[],\"method\":\"webhook\"}",
        "{\"broadcaster_user_id\":1,\"events\":[{\"name\":\"kicks.gifted\"}],\"method\":\"webhook\"}"
      })
  void what_is_no_request_is_refused(String body) {
    assertThrows(InvalidRequest.class, () -> subscriptions.create(body));
  }
}
