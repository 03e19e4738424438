package ingest.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Migrations of an environment that is not empty. */
final class EnvMigrationsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static void run(Connection tx, String... statements) throws SQLException {
    try (Statement statement = tx.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static String migration(String name) throws IOException {
    return Files.readString(Path.of("migrations/env").resolve(name));
  }

  @Test
  void the_parts_of_a_snapshot_begin_with_the_revision_of_the_whole() throws Exception {
    String seen = "70|01a0d15c-28a8-1c8f-f621-e998d77d5d58";
    String none = "0|00000000-0000-0000-0000-000000000000";
    try (Connection tx = STORES.env().connection()) {
      tx.setAutoCommit(false);
      run(
          tx,
          """
          ALTER TABLE public.channel_snapshot DROP COLUMN slug_rev, DROP COLUMN slug_ev, DROP COLUMN live_rev,
              DROP COLUMN live_ev, DROP COLUMN title_rev, DROP COLUMN title_ev
          """,
          """
          INSERT INTO public.channel_snapshot (platform, platform_user_id, stream_rev, stream_ev)
          VALUES ('kick', '1', 70, '01a0d15c-28a8-1c8f-f621-e998d77d5d58'), ('kick', '2', 0, DEFAULT)
          """,
          migration("V2__snapshot_column_groups.sql"));
      assertEquals(
          List.of(String.join("|", "1", seen, seen, seen), String.join("|", "2", none, none, none)),
          Sql.rows(
              tx,
              "SELECT platform_user_id, slug_rev, slug_ev, live_rev, live_ev, title_rev, title_ev"
                  + " FROM public.channel_snapshot ORDER BY 1"));
      tx.rollback();
    }
  }

  /** What it has is left as it is; what refers to it is new. */
  @Test
  void an_environment_keeps_its_streamers_and_its_trust_scores() throws Exception {
    try (Connection tx = STORES.env().connection()) {
      tx.setAutoCommit(false);
      run(
          tx,
          "DROP TABLE public.streamer_channel_link, public.channel_claim, public.streamers,"
              + " public.streamer_trust_scores",
          "CREATE TABLE public.streamers (id integer PRIMARY KEY, name text NOT NULL)",
          "INSERT INTO public.streamers VALUES (7, 'Maple')",
          """
          CREATE TABLE public.streamer_trust_scores (platform text, platform_user_id text, trust_score int,
              PRIMARY KEY (platform, platform_user_id))
          """,
          "INSERT INTO public.streamer_trust_scores VALUES ('kick', '900000001', 81)",
          migration("V3__channel_claims.sql"),
          migration("V4__streamer_trust_scores.sql"),
          "INSERT INTO public.streamer_channel_link (streamer_id, channel_id) VALUES (7, 1)");
      assertEquals(List.of("7|Maple"), Sql.rows(tx, "SELECT * FROM public.streamers"));
      assertEquals(
          List.of("kick|900000001|81"), Sql.rows(tx, "SELECT * FROM public.streamer_trust_scores"));
      assertEquals(
          List.of("7|1|f"),
          Sql.rows(
              tx, "SELECT streamer_id, channel_id, verified FROM public.streamer_channel_link"));
      tx.rollback();
    }
  }
}
