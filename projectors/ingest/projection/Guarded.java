package ingest.projection;

import ingest.envelope.Revision;
import java.util.List;
import java.util.stream.Stream;

/**
 * Columns of one group in the {@code ON CONFLICT DO UPDATE} of a table that is called {@code s}
 * there: each is the new one where its group is as new, else what it was.
 *
 * @param prefix of the two columns that order them, {@code <prefix>_rev} and {@code <prefix>_ev}
 */
public record Guarded(String prefix, List<String> columns) {
  /** Where an event does not know the group, its id there is none, which is never newer. */
  public String isNewer() {
    return "(excluded.%1$s_ev <> '%2$s' AND (s.%1$s_rev, s.%1$s_ev) <= (excluded.%1$s_rev, excluded.%1$s_ev))"
        .formatted(prefix, Revision.NEVER.event());
  }

  /** What to set, for all of its columns. */
  public Stream<String> assignments() {
    return Stream.concat(columns.stream(), Stream.of(prefix + "_rev", prefix + "_ev"))
        .map(
            column ->
                "%1$s = CASE WHEN %2$s THEN excluded.%1$s ELSE s.%1$s END"
                    .formatted(column, isNewer()));
  }
}
