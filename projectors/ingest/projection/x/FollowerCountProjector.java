package ingest.projection.x;

import ingest.envelope.Envelope;
import ingest.projection.ChannelSnapshot;
import ingest.projection.Fields;
import ingest.projection.Projector;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * {@code x.follower_count.observed} into {@code public.channel_snapshot}, ordered by the time
 * before the request.
 */
public final class FollowerCountProjector implements Projector<ChannelSnapshot.Row> {
  @Override
  public String source() {
    return "x";
  }

  @Override
  public String type() {
    return "x.follower_count.observed";
  }

  @Override
  public List<ChannelSnapshot.Row> rows(Envelope envelope) {
    int count = Fields.required(Fields.integer(envelope.data(), "follower_count"), envelope);
    return List.of(
        ChannelSnapshot.Row.of(
            envelope,
            new ChannelSnapshot.Followers(count, envelope.time(), Fields.revision(envelope))));
  }

  @Override
  public void write(Connection tx, List<ChannelSnapshot.Row> rows) throws SQLException {
    ChannelSnapshot.write(tx, rows);
  }
}
