package ingest.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.store.TestStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two more platforms bring a schema each, and nothing else of the product's changes. */
final class PlatformsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Instant START = Instant.parse("2026-05-01T12:00:00Z");
  private static final List<String> PLATFORMS = List.of("kick", "twitch", "x");
  @TempDir Path routes;

  @Test
  void a_twitch_and_an_x_channel_are_seen_renamed_probed_and_stream_as_kicks_are()
      throws Exception {
    see(0, "ninja", true);
    see(60, "ronin", true);
    see(120, "ronin", false);
    assertEquals(
        List.of("kick|42|ronin|ronin|f", "twitch|42|ronin|ronin|f", "x|42|ronin|ronin|f"),
        STORES
            .sql()
            .rows(
                "SELECT platform, platform_user_id, observed_slug, current_slug, is_live FROM dm.streamer_channel ORDER BY 1"));
    assertEquals(
        List.of("kick|ninja", "kick|ronin", "twitch|ninja", "twitch|ronin", "x|ninja", "x|ronin"),
        STORES
            .sql()
            .rows(
                """
                SELECT c.platform, h.slug FROM dm.streamer_channel_slug_history h
                JOIN dm.streamer_channel c ON c.id = h.channel_id ORDER BY c.platform, h.observed_from
                """));
    assertEquals(
        List.of("kick|2|f", "twitch|2|f", "x|2|f"),
        STORES
            .sql()
            .rows(
                """
                SELECT c.platform, s.viewer_samples, s.ended_at IS NULL FROM dm.stream_session s
                JOIN dm.streamer_channel c ON c.id = s.channel_id ORDER BY 1
                """));
  }

  @Test
  void a_poller_claims_the_channels_of_its_platform_alone() throws Exception {
    see(0, "ninja", true);
    STORES
        .sql()
        .run(
            "INSERT INTO dm.probe_schedule (channel_id, next_probe_at) SELECT id, now() - interval '1 second' FROM dm.streamer_channel");
    assertEquals(List.of(external("kick")), claimed("kick"));
    assertEquals(List.of(), claimed("kick"), "leased already");
  }

  private static String external(String platform) {
    return new ChannelKey(platform, "42").externalId();
  }

  private static List<String> claimed(String platform) throws IOException {
    String claim =
        Files.readString(Path.of("routes/sql/probe-claim.sql"))
            .replaceAll("(?m)^\\s*--.*$", "")
            .replace(":#platform", "'" + platform + "'")
            .replace(":#channels", "'50'")
            .replace(":#leaseSeconds", "'50'")
            .replace(":#token", "'" + UUID.randomUUID() + "'");
    return STORES.sql().rows(claim).stream().map(row -> row.split("\\|", -1)[1]).toList();
  }

  /** One commit of what each platform tells. */
  private void see(int second, String slug, boolean live) throws Exception {
    Instant time = START.plusSeconds(second);
    new Delivery(STORES.dm(), types())
        .deliver(List.of(PLATFORMS.stream().map(p -> event(p, time, slug, live)).toList()), 1);
  }

  private static Envelope event(String platform, Instant time, String slug, boolean live) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform_user_id", "42").put("slug", slug);
    ObjectNode stream = data.putObject("stream").put("is_live", live);
    if (live) {
      stream.put("started_at", START.minusSeconds(600).toString());
      data.put("viewer_count", 7);
    }
    String type = type(platform);
    String subject = platform + ":42";
    return new Envelope(
        EventId.of(time, platform, type, subject, "", 0),
        platform,
        type,
        type + "/1",
        subject,
        time,
        Envelope.micros(time),
        null,
        null,
        Envelope.newTraceparent(),
        data);
  }

  private static String type(String platform) {
    return platform + ".channel.seen";
  }

  private EventTypes types() throws IOException {
    for (String platform : PLATFORMS) {
      Files.writeString(
          routes.resolve(type(platform) + ".schema.json"),
          """
          {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "%s/1",
            "source": "%s",
            "pii": "none",
            "observes": "channel",
            "type": "object"
          }
          """
              .formatted(type(platform), platform));
    }
    return EventTypes.load(routes);
  }
}
