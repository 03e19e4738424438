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
 * {@code kick.livestream.metadata.updated} into {@code public.channel_snapshot}: title, language,
 * category, and the name of the channel. Whether it is on is none of its business: titles are
 * changed before a stream, too.
 */
public final class MetadataProjector implements Projector<ChannelSnapshot.Row> {
  @Override
  public String source() {
    return "kick";
  }

  @Override
  public String type() {
    return "kick.livestream.metadata.updated";
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
            null,
            Fields.required(ChannelSnapshot.Title.of(stream, pushed), envelope),
            ChannelSnapshot.Details.of(stream, pushed)));
  }

  @Override
  public void write(Connection tx, List<ChannelSnapshot.Row> rows) throws SQLException {
    ChannelSnapshot.write(tx, rows);
  }
}
