package ingest.kick;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.mapping.MalformedAnswer;
import ingest.outbox.Intake;
import ingest.poll.ChannelPage;
import ingest.poll.ChannelsPolled;
import ingest.poll.DueChannel;
import ingest.poll.PollRun;
import ingest.upstream.FailedAnswer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Message;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.jspecify.annotations.Nullable;

/**
 * The Java steps of the poller {@code kick-subscriptions}, whose pages are of one channel. What a
 * try has come to travels as the exchange property {@code reconciliation}.
 */
public final class KickSubscriptions {
  /** Of a call that removes: what it names is not there, or not to be had so. */
  private static final Set<Integer> OF_THE_IDS = Set.of(400, 404, 422);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> CHANGES =
      List.of("created", "recreated", "removed", "refused", "dropped", "given-up");

  private final SubscriptionRules rules;
  private final Map<String, Counter> changes;

  /** Counts what it does in {@code meters}. */
  public KickSubscriptions(SubscriptionRules rules, MeterRegistry meters) {
    this.rules = rules;
    this.changes =
        CHANGES.stream()
            .collect(
                Collectors.toMap(
                    change -> change,
                    change ->
                        Counter.builder("ingest.subscriptions.changes")
                            .description("What became of event subscriptions, as committed")
                            .tag("platform", "kick")
                            .tag("change", change)
                            .register(meters)));
  }

  private static DueChannel only(ChannelPage page) {
    return page.channels().get(0);
  }

  /** What {@code subscriptions-held.sql} asks for. */
  public long channel(@ExchangeProperty("page") ChannelPage page) {
    return only(page).channelId();
  }

  /** Whose subscriptions Kick is asked for. */
  public String query(@ExchangeProperty("page") ChannelPage page) {
    return "broadcaster_user_id=" + only(page).platformUserId();
  }

  /**
   * Compares what Kick lists with what is wanted.
   *
   * @param held rows of {@code subscriptions-held.sql}
   * @throws MalformedAnswer when Kick's answer is none; nothing is taken for absent then
   */
  public Reconciliation compared(
      @Body JsonNode answer,
      @ExchangeProperty("page") ChannelPage page,
      @ExchangeProperty("held") List<Map<String, Object>> held) {
    DueChannel channel = only(page);
    boolean tracked = held.stream().anyMatch(row -> Boolean.TRUE.equals(row.get("tracked")));
    return new Reconciliation(
        tracked,
        held.stream()
            .filter(row -> row.get("subscription_id") != null)
            .map(KickSubscriptions::known)
            .toList(),
        KickObject.of(answer).objects("data").stream()
            .filter(item -> item.id("broadcaster_user_id").equals(channel.platformUserId()))
            .filter(item -> item.key("method").equals("webhook"))
            .map(item -> listed(item, channel.polledAt()))
            .toList(),
        rules,
        channel.polledAt());
  }

  private static Reconciliation.Known known(Map<String, Object> row) {
    return new Reconciliation.Known(
        column(row, "subscription_id", String.class),
        column(row, "event", String.class),
        column(row, "status", String.class),
        column(row, "created_at", Timestamp.class).toInstant());
  }

  private static <T> T column(Map<String, Object> row, String name, Class<T> type) {
    return type.cast(Objects.requireNonNull(row.get(name), name));
  }

  private static Reconciliation.Listed listed(KickObject item, Instant now) {
    Instant createdAt = item.time("created_at");
    return new Reconciliation.Listed(
        item.key("id"),
        item.key("event"),
        item.idOrText("version"),
        createdAt == null ? now : createdAt);
  }

  /** The query of each call that removes something. */
  public List<String> removals(@ExchangeProperty("reconciliation") Reconciliation reconciliation) {
    return reconciliation.removals();
  }

  /**
   * Books what the property {@code removal} names as removed. What Kick does not remove stays, and
   * is tried again at the next poll: it keeps no subscription from being made.
   *
   * @throws HttpOperationFailedException for an answer that is about more than these ids
   */
  public void removed(
      Exchange exchange,
      @ExchangeProperty("removal") String query,
      @ExchangeProperty("reconciliation") Reconciliation reconciliation)
      throws HttpOperationFailedException {
    int status = FailedAnswer.status(exchange.getMessage());
    if (status / 100 == 2) {
      reconciliation.removed(query);
    } else if (!OF_THE_IDS.contains(status)) {
      throw FailedAnswer.of("Kick", exchange.getMessage());
    }
  }

  /** Whether there is anything to ask for. */
  public boolean lacks(@ExchangeProperty("reconciliation") Reconciliation reconciliation) {
    return reconciliation.lacks();
  }

  /**
   * Holds what is missing against the limits.
   *
   * @param rows of {@code subscriptions-used.sql}
   */
  public void room(
      @Body List<Map<String, Object>> rows,
      @ExchangeProperty("reconciliation") Reconciliation reconciliation) {
    reconciliation.room(
        rows.stream()
            .collect(
                Collectors.toMap(
                    row -> column(row, "event", String.class),
                    row -> column(row, "used", Long.class))),
        rules);
  }

  /** Whether another call that makes some is to be sent. */
  public boolean asks(@ExchangeProperty("reconciliation") Reconciliation reconciliation) {
    return reconciliation.asks();
  }

  /** The body of that call. */
  public String request(
      @ExchangeProperty("page") ChannelPage page,
      @ExchangeProperty("reconciliation") Reconciliation reconciliation) {
    return reconciliation.request(only(page).platformUserId());
  }

  /** Kick answered it, item by item. */
  public void made(
      @Body JsonNode answer, @ExchangeProperty("reconciliation") Reconciliation reconciliation) {
    reconciliation.answered(answer);
  }

  /**
   * True where Kick took the request. A limit that is reached is no fault of the page: it is
   * recorded, and the rest goes on.
   *
   * @throws HttpOperationFailedException where Kick says something else
   */
  public boolean taken(
      Exchange exchange, @ExchangeProperty("reconciliation") Reconciliation reconciliation)
      throws HttpOperationFailedException {
    Message answer = exchange.getMessage();
    int status = FailedAnswer.status(answer);
    if (status / 100 == 2) {
      return true;
    }
    String said = status == 400 ? limit(answer.getBody(String.class)) : null;
    if (said == null) {
      throw FailedAnswer.of("Kick", answer);
    }
    reconciliation.limited(said);
    return false;
  }

  private static @Nullable String limit(@Nullable String body) {
    try {
      return body == null ? null : Reconciliation.limit(JSON.readTree(body));
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /** What came of it, and that the channel was asked for. */
  public Intake settled(
      @ExchangeProperty("page") ChannelPage page,
      @ExchangeProperty("reconciliation") Reconciliation reconciliation) {
    return new Intake(
        List.of(), List.of(new SubscriptionsKept(page, reconciliation), new ChannelsPolled(page)));
  }

  /** Counts what is committed. */
  public void committed(
      @ExchangeProperty("reconciliation") Reconciliation reconciliation, Exchange exchange) {
    reconciliation
        .changes()
        .forEach((change, times) -> Objects.requireNonNull(changes.get(change)).increment(times));
    Objects.requireNonNull(PollRun.of(exchange)).committed(0, 0);
  }
}
