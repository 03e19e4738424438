package ingest.projection;

import ingest.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * A platform's follower count into {@code public.channel_snapshot}, ordered by the time before the
 * request: a page that a job brings hours later undoes no newer one.
 */
public abstract class FollowerCount implements Projector<ChannelSnapshot.Row> {
  @Override
  public final String type() {
    return source() + ".follower_count.observed";
  }

  @Override
  public final List<Table> tables() {
    return List.of(ChannelSnapshot.TABLE);
  }

  @Override
  public final List<ChannelSnapshot.Row> rows(Envelope envelope) {
    int count = Fields.required(Fields.integer(envelope.data(), "follower_count"), envelope);
    return List.of(
        ChannelSnapshot.Row.of(
            envelope,
            new ChannelSnapshot.Followers(count, envelope.time(), Fields.revision(envelope))));
  }

  @Override
  public final void write(Connection tx, List<ChannelSnapshot.Row> rows) throws SQLException {
    ChannelSnapshot.write(tx, rows);
  }
}
