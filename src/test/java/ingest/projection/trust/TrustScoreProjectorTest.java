package ingest.projection.trust;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.store.Sql;
import ingest.store.TestStores;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class TrustScoreProjectorTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Instant DAY = Instant.parse("2026-11-01T00:00:00Z");
  private static final String TABLE =
      "SELECT channel_id, platform_user_id, score, band_low, band_high, formula, components->'curve'->>'weight' FROM public.streamer_trust_scores ORDER BY 1";

  private final TrustScoreProjector projector = new TrustScoreProjector();

  @BeforeEach
  void empty() {
    STORES.envSql().run("DELETE FROM public.streamer_trust_scores");
  }

  private static Envelope computed(int channel, int day, double score) throws Exception {
    Instant at = DAY.plusSeconds(86_400L * day);
    return new Envelope(
        EventId.of(at, "trust-score", "trust_score.computed", "kick:90" + channel, "" + day, 0),
        "trust-score",
        "trust_score.computed",
        "trust_score.computed/1",
        "kick:90" + channel,
        at,
        Envelope.micros(at),
        null,
        null,
        Envelope.newTraceparent(),
        new ObjectMapper()
            .readTree(
                """
                {"platform": "kick", "platform_user_id": "90%d", "channel_id": %d, "formula": 1, "score": %s,
                 "band_low": 1.5, "band_high": 99.5, "components": {"curve": {"weight": 20}}}
                """
                    .formatted(channel, channel, score)));
  }

  private void project(Connection tx, List<Envelope> events) throws SQLException {
    List<TrustScoreProjector.Row> rows = new ArrayList<>();
    events.forEach(event -> rows.addAll(projector.rows(event)));
    projector.write(tx, rows);
  }

  @Test
  void the_newest_score_of_a_channel_stays_whatever_the_order() throws Exception {
    Random random = new Random(1);
    for (int round = 0; round < 10; round++) {
      List<Envelope> events =
          new ArrayList<>(
              List.of(
                  computed(1, 0, 10),
                  computed(1, 1, 20),
                  computed(1, 2, 30.25),
                  computed(2, 0, 40.25)));
      Collections.shuffle(events, random);
      int cut = random.nextInt(events.size());
      try (Connection tx = STORES.env().connection()) {
        project(tx, events.subList(0, cut));
        project(tx, events.subList(cut, events.size()));
        project(tx, events);
      }
      assertEquals(
          List.of("1|901|30.25|1.5|99.5|1|20", "2|902|40.25|1.5|99.5|1|20"),
          STORES.envSql().rows(TABLE));
      empty();
    }
  }

  /** Of a shape that we do not know, and another's. */
  @Test
  void a_legacy_environments_table_is_left_alone() throws Exception {
    try (Connection tx = STORES.env().connection()) {
      tx.setAutoCommit(false);
      tx.createStatement().execute("DROP TABLE public.streamer_trust_scores");
      tx.createStatement()
          .execute(
              """
              CREATE TABLE public.streamer_trust_scores (platform text, platform_user_id text, trust_score int,
                  PRIMARY KEY (platform, platform_user_id))
              """);
      tx.createStatement()
          .execute("INSERT INTO public.streamer_trust_scores VALUES ('kick', '901', 81)");
      tx.createStatement()
          .execute(
              java.nio.file.Files.readString(
                  java.nio.file.Path.of("migrations/env/V7__trust_score_components.sql")));
      project(tx, List.of(computed(1, 0, 10)));
      assertEquals(
          List.of("kick|901|81"), Sql.rows(tx, "SELECT * FROM public.streamer_trust_scores"));
      tx.rollback();
    }
  }
}
