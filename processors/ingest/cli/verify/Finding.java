package ingest.cli.verify;

import ingest.signature.Verdict;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be said of a request.
 *
 * @param verdict the judge's
 * @param missing headers that it lacks
 * @param signedAt null where no time is signed, or none that can be read
 * @param more what was found out beside the verdict, in sentences without a full stop
 */
public record Finding(
    Verdict verdict, List<String> missing, @Nullable Instant signedAt, List<String> more) {
  /** Whether the product would have taken it. */
  public boolean valid() {
    return verdict.valid();
  }
}
