package ingest.faults;

import ingest.run.Stores;
import java.sql.SQLException;

/**
 * Every write to {@code public.channel_snapshot} by the event that it came from, kept by triggers
 * in a schema of our own beside the product's tables. A write that is repeated, or that puts an
 * older observation over a newer one, stays visible in it. The writes are slowed down a little, so
 * that processes die in the middle of them.
 */
final class EffectLog {
  private static final String SCHEMA =
      """
      CREATE SCHEMA faults;
      CREATE TABLE faults.effect (
          seq bigint GENERATED ALWAYS AS IDENTITY,
          at timestamptz NOT NULL DEFAULT clock_timestamp(),
          columns text NOT NULL,
          subject text NOT NULL,
          rev bigint NOT NULL,
          event_id uuid NOT NULL,
          before_rev bigint,
          before_event_id uuid
      );
      """;

  /** As long as a busy database may take: who is killed meanwhile has the ids and no effect yet. */
  private static final String SLOW =
      """
      CREATE FUNCTION faults.slow() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          PERFORM pg_sleep(0.03);
          RETURN NULL;
      END
      $$;
      CREATE TRIGGER faults_slow BEFORE INSERT ON public.channel_snapshot
          FOR EACH STATEMENT EXECUTE FUNCTION faults.slow();
      """;

  /**
   * For a group of columns that are written together; one that was never written has rev 0. {1}
   * tells a write of it from one of its row's other columns by the same statement.
   */
  private static final String COLUMNS =
      """
      CREATE FUNCTION faults.{0}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          IF NEW.{0}_rev <> 0 AND {1} THEN
              INSERT INTO faults.effect (columns, subject, rev, event_id, before_rev, before_event_id)
              VALUES ('{0}', NEW.platform_user_id, NEW.{0}_rev, NEW.{0}_ev, OLD.{0}_rev, OLD.{0}_ev);
          END IF;
          RETURN NULL;
      END
      $$;
      CREATE TRIGGER faults_{0} AFTER INSERT OR UPDATE OF {0}_rev ON public.channel_snapshot
          FOR EACH ROW EXECUTE FUNCTION faults.{0}();
      """;

  static final String VIEWERS = "viewers";
  static final String STREAM = "stream";

  private EffectLog() {}

  static void install(Stores stores) throws SQLException {
    stores.envExecute(SCHEMA);
    stores.envExecute(SLOW);
    stores.envExecute(columns(VIEWERS, "true")); // a statement of its own, so a repeat shows, too
    stores.envExecute(
        columns(STREAM, "(NEW.{0}_rev, NEW.{0}_ev) IS DISTINCT FROM (OLD.{0}_rev, OLD.{0}_ev)"));
  }

  private static String columns(String group, String written) {
    return COLUMNS.replace("{1}", written).replace("{0}", group);
  }
}
