package ingest.bench;

import ingest.channel.ChannelMetrics;
import ingest.channel.Channels;
import ingest.channel.Sighting;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Pages through {@link Channels#upsert}, in a transaction each. */
final class ChannelUpserts implements Contestant {
  private final Known known;
  private final Pages pages;
  private final Channels channels = new Channels(new ChannelMetrics(new SimpleMeterRegistry()));
  private final AtomicLong renamed = new AtomicLong();

  ChannelUpserts(Known known, Pages pages) {
    this.known = known;
    this.pages = pages;
  }

  @Override
  public String name() {
    return "upsert of the channels";
  }

  @Override
  public void prepare() throws Exception {
    known.restore();
    renamed.set(0);
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(() -> Workers.each(pages.number(), i -> upsert(pages.page(i))));
    return pages.sightings();
  }

  private void upsert(List<Sighting> page) throws SQLException {
    Channels.Upserted upserted = known.dm().database().transaction(tx -> channels.upsert(tx, page));
    Unbalanced.unlessEqual("channels of a page", page.size(), upserted.ids().size());
    renamed.addAndGet(upserted.renames().size());
  }

  @Override
  public void check() throws Exception {
    pages.check(known.dm(), "dm.streamer_channel");
    Unbalanced.unlessEqual("renames that were told", pages.renames(), renamed.get());
    Unbalanced.unlessEqual(
        "spans of names that ended",
        pages.renames(),
        known
            .dm()
            .number(
                "SELECT count(*) FROM dm.streamer_channel_slug_history WHERE observed_until IS NOT NULL"));
  }
}
