package ingest.trust;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.outbox.Intake;
import ingest.poll.ChannelPage;
import ingest.poll.ChannelsPolled;
import ingest.poll.DueChannel;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;

/** The Java steps of the poller {@code trust-score}. */
public final class TrustScores {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Sets what {@code trust-read.sql} binds. */
  public void asked(@ExchangeProperty("page") ChannelPage page, Exchange exchange) {
    exchange
        .getMessage()
        .setHeader(
            "channels",
            page.channels().stream()
                .map(c -> Long.toString(c.channelId()))
                .collect(Collectors.joining(",", "{", "}")));
    exchange.getMessage().setHeader("until", until(page).toString());
  }

  /** One end for all windows of a page, as precise as an event's time, so that it says it. */
  private static Instant until(ChannelPage page) {
    return page.channels().get(0).polledAt().truncatedTo(ChronoUnit.MILLIS);
  }

  /** The scores of the page's channels, and that they were computed. */
  public Intake scored(List<Map<String, Object>> rows, @ExchangeProperty("page") ChannelPage page)
      throws JsonProcessingException {
    Instant until = until(page);
    String traceparent = Envelope.newTraceparent();
    Map<Long, DueChannel> due = new HashMap<>();
    page.channels().forEach(c -> due.put(c.channelId(), c));
    List<Envelope> envelopes = new ArrayList<>();
    for (Map<String, Object> row : rows) {
      DueChannel channel = due.get((Long) row.get("channel_id"));
      if (channel != null) {
        envelopes.add(TrustScoreEvents.of(channel, known(row, until), traceparent));
      }
    }
    return new Intake(envelopes, List.of(new ChannelsPolled(page)));
  }

  private static Known known(Map<String, Object> row, Instant until)
      throws JsonProcessingException {
    List<Streamed> streams = new ArrayList<>();
    for (JsonNode stream : JSON.readTree((String) row.get("streams"))) {
      streams.add(
          new Streamed(
              time(stream.path("started_at")),
              time(stream.path("ended_at")),
              stream.path("peak").isNull() ? null : stream.path("peak").intValue(),
              stream.path("samples").intValue(),
              stream.path("viewers").longValue(),
              stream.path("follows").intValue()));
    }
    return new Known(
        until,
        ((Timestamp) Objects.requireNonNull(row.get("first_seen_at"))).toInstant(),
        count(row.get("follower_count")),
        (Boolean) Objects.requireNonNull(row.get("follows_heard")),
        streams);
  }

  private static @Nullable Integer count(@Nullable Object column) {
    return column instanceof Number number ? number.intValue() : null;
  }

  private static Instant time(JsonNode text) {
    return OffsetDateTime.parse(text.textValue()).toInstant();
  }
}
