package ingest.projection.kick;

import ingest.envelope.Envelope;
import ingest.projection.ChannelSnapshot;
import ingest.projection.Fields;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * {@code kick.channel.renamed} into {@code public.channel_snapshot}: the name, unless a newer
 * observation has told it.
 */
public final class RenamedProjector implements Projector<ChannelSnapshot.Row> {
  @Override
  public String source() {
    return "dm";
  }

  @Override
  public String type() {
    return "kick.channel.renamed";
  }

  @Override
  public List<Table> tables() {
    return List.of(ChannelSnapshot.TABLE);
  }

  @Override
  public List<ChannelSnapshot.Row> rows(Envelope envelope) {
    return List.of(
        ChannelSnapshot.Row.of(
            envelope,
            null,
            Fields.required(
                ChannelSnapshot.Slug.of(envelope.data(), Fields.revision(envelope)), envelope),
            null,
            null,
            null));
  }

  @Override
  public void write(Connection tx, List<ChannelSnapshot.Row> rows) throws SQLException {
    ChannelSnapshot.write(tx, rows);
  }
}
