package ingest.scraperapi;

import ingest.envelope.Envelope;
import ingest.outbox.Derived;
import ingest.outbox.Effect;
import ingest.outbox.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What {@code dm} keeps of jobs: the row of one that is over is closed in the commit of its event,
 * whoever brings that. A channel whose page did not come is due again soon, later each time.
 */
public final class JobsOver implements State {
  /**
   * In the order of the keys, so that two commits of the same callbacks take turns. What is closed
   * stays as it is: a callback comes up to three times.
   */
  private static final String CLOSE =
      """
      WITH told AS MATERIALIZED (
          SELECT j.job_key, j.poller, j.channel_id, t.status, t.outcome
          FROM unnest(?::text[], ?::text[], ?::text[]) AS t(job_key, status, outcome)
          JOIN dm.scrape_job j USING (job_key)
          WHERE j.status = 'ordered'
          ORDER BY j.job_key FOR NO KEY UPDATE OF j
      ), closed AS (
          UPDATE dm.scrape_job j SET status = told.status, outcome = told.outcome, closed_at = ingest.now()
          FROM told WHERE j.job_key = told.job_key
      )
      UPDATE dm.channel_poll p
      SET failures = CASE WHEN told.outcome = 'ok' THEN 0 ELSE p.failures + 1 END,
          next_at = CASE WHEN told.outcome = 'ok' THEN p.next_at
                         ELSE least(p.next_at, ingest.now() + interval '5 minutes' * power(2, least(p.failures, 20))) END
      FROM told WHERE p.poller = told.poller AND p.channel_id = told.channel_id AND p.token IS NULL
      """;

  private record Over(String status, String outcome) {}

  @Override
  public Map<String, String> channels(Collection<Envelope> envelopes) {
    return Map.of();
  }

  @Override
  public List<Effect> effects(List<Envelope> envelopes) {
    Map<String, Over> over = new TreeMap<>();
    for (Envelope event : envelopes) {
      String key = event.data().path("job_key").asText();
      if (event.type().equals(FinishedJob.TYPE) && !key.isEmpty()) {
        over.put(
            key,
            new Over(
                event.data().path("status").asText(), event.data().path("page").asText("failed")));
      }
    }
    return over.isEmpty() ? List.of() : List.of(new Closed(over));
  }

  private record Closed(Map<String, Over> over) implements Effect {
    @Override
    public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
      try (PreparedStatement close = tx.prepareStatement(CLOSE)) {
        close.setArray(1, tx.createArrayOf("text", over.keySet().toArray()));
        close.setArray(
            2, tx.createArrayOf("text", over.values().stream().map(Over::status).toArray()));
        close.setArray(
            3, tx.createArrayOf("text", over.values().stream().map(Over::outcome).toArray()));
        close.executeUpdate();
      }
      return List.of();
    }
  }
}
