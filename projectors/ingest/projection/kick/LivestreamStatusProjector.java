package ingest.projection.kick;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import ingest.projection.ChannelSnapshot;
import ingest.projection.Fields;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * {@code kick.livestream.status.updated} into {@code public.channel_snapshot}: whether the channel
 * is on, since when, the title, and the name it has. Category and language are none of its
 * business: it does not know them.
 */
public final class LivestreamStatusProjector implements Projector<ChannelSnapshot.Row> {
  @Override
  public String source() {
    return "kick";
  }

  @Override
  public String type() {
    return "kick.livestream.status.updated";
  }

  @Override
  public List<Table> tables() {
    return List.of(ChannelSnapshot.TABLE);
  }

  @Override
  public List<ChannelSnapshot.Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    JsonNode stream = data.path("stream");
    Revision pushed = Fields.revision(envelope);
    return List.of(
        ChannelSnapshot.Row.of(
            envelope,
            null,
            ChannelSnapshot.Slug.of(data, pushed),
            Fields.required(ChannelSnapshot.Live.of(stream, pushed), envelope),
            ChannelSnapshot.Title.of(stream, pushed),
            null));
  }

  @Override
  public void write(Connection tx, List<ChannelSnapshot.Row> rows) throws SQLException {
    ChannelSnapshot.write(tx, rows);
  }
}
