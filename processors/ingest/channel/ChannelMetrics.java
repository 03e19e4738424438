package ingest.channel;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happened to channels; everything that can be counted is there from the start. */
public final class ChannelMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelMetrics.class);

  /** Fields that a sighting can have and that can be odd. */
  private static final String[] FIELDS = {
    "platform_user_id",
    "slug",
    "follower_count",
    "viewer_count",
    "followed_at",
    "stream_rev",
    "started_at",
    "ended_at"
  };

  private final Counter renamed;
  private final Counter lost;
  private final Map<String, Counter> refused;
  private final Counter opened;
  private final Counter reported;
  private final Counter inferred;
  private final Counter stale;

  public ChannelMetrics(MeterRegistry registry) {
    renamed =
        Counter.builder("ingest.channels.renamed")
            .description("Channels that were seen under another name than before")
            .register(registry);
    lost =
        Counter.builder("ingest.channels.names.lost")
            .description("Channels left without a name, because another was seen under it later")
            .register(registry);
    refused =
        Stream.of(FIELDS)
            .collect(
                Collectors.toMap(
                    Function.identity(),
                    field ->
                        Counter.builder("ingest.channels.refused")
                            .description(
                                "Fields of events that were no such thing and were passed over")
                            .tag("field", field)
                            .register(registry)));
    opened =
        Counter.builder("ingest.sessions.opened")
            .description("Streams that were found running, or running again")
            .register(registry);
    reported = closed(registry, "reported");
    inferred = closed(registry, "inferred");
    stale = closed(registry, "stale");
  }

  private static Counter closed(MeterRegistry registry, String cause) {
    return Counter.builder("ingest.sessions.closed")
        .description("Open streams that ended, by how that became known")
        .tag("cause", cause)
        .register(registry);
  }

  void named(Names names) {
    renamed.increment(names.renames().size());
    lost.increment(names.lost());
  }

  /** Opened and closed alike count transitions: what they differ by is open. */
  void sessions(int nowOpen, int endReported, int endInferred) {
    opened.increment(nowOpen);
    reported.increment(endReported);
    inferred.increment(endInferred);
  }

  /** Streams were closed because nobody told of them any more. */
  public void stale(int sessions) {
    stale.increment(sessions);
  }

  /** A field of an event was passed over; its value is not told. */
  public void refuse(String event, String field, String reason) {
    LOG.info("event {}: {} {}; it is passed over", event, field, reason);
    Counter counter = refused.get(field);
    if (counter != null) {
      counter.increment();
    }
  }
}
