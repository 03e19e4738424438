package ingest.projection.kick;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Revision;
import ingest.projection.ChannelSnapshot;
import ingest.projection.Fields;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code kick.viewer_count.observed} into {@code public.channel_snapshot}.
 *
 * <p>The viewers are ordered by the poll (rev: its microseconds); name and stream, which webhooks
 * report too, by {@code stream_rev}: the same less Kick's lag. A count that Kick left out neither
 * writes nor advances the viewers.
 */
public final class ViewerCountProjector implements Projector<ChannelSnapshot.Row> {
  @Override
  public String source() {
    return "kick";
  }

  @Override
  public String type() {
    return "kick.viewer_count.observed";
  }

  @Override
  public List<Table> tables() {
    return List.of(ChannelSnapshot.TABLE);
  }

  @Override
  public List<ChannelSnapshot.Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    JsonNode stream = data.path("stream");
    Revision lagging = lagging(envelope);
    return List.of(
        ChannelSnapshot.Row.of(
            envelope,
            viewers(envelope),
            ChannelSnapshot.Slug.of(data, lagging),
            ChannelSnapshot.Live.of(stream, lagging),
            ChannelSnapshot.Title.of(stream, lagging),
            ChannelSnapshot.Details.of(stream, lagging)));
  }

  private static ChannelSnapshot.@Nullable Viewers viewers(Envelope envelope) {
    Integer count = Fields.integer(envelope.data(), "viewer_count");
    return count == null
        ? null
        : new ChannelSnapshot.Viewers(count, envelope.time(), Fields.revision(envelope));
  }

  private static Revision lagging(Envelope envelope) {
    String rev = Fields.text(envelope.data(), "stream_rev");
    try {
      return rev == null
          ? Fields.revision(envelope)
          : new Revision(Long.parseLong(rev), envelope.rootId());
    } catch (NumberFormatException e) {
      throw new InvalidEnvelope("stream_rev is not a decimal number");
    }
  }

  @Override
  public void write(Connection tx, List<ChannelSnapshot.Row> rows) throws SQLException {
    ChannelSnapshot.write(tx, rows);
  }
}
