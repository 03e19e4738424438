package ingest.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One poll of one channel. What it says of the channel is one event of each type: the same whenever
 * the slot is polled again, ordered by the time before the request.
 *
 * @param externalId {@code dm.streamer_channel.external_id}
 * @param slot when the poll was due; the same however often the slot is polled
 * @param at the {@code dm} database's clock before the request
 */
public record PolledChannel(
    String platform, String platformUserId, String externalId, Instant slot, Instant at) {

  /** An event of version 1 of {@code type}. */
  public Envelope says(String source, String type, JsonNode data, String traceparent) {
    String subject = platform + ":" + platformUserId;
    return new Envelope(
        EventId.of(slot, source, type, subject, Long.toString(slot.toEpochMilli()), 0),
        source,
        type,
        type + "/1",
        subject,
        at.truncatedTo(ChronoUnit.MILLIS),
        Envelope.micros(at),
        externalId,
        null,
        traceparent,
        data);
  }
}
