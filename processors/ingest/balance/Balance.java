package ingest.balance;

import ingest.delivery.Digests;
import ingest.delivery.Target;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at an hour and writes down what it found: for the hourly route and for whoever asks. */
public final class Balance {
  private static final Logger LOG = LoggerFactory.getLogger(Balance.class);

  private final Reconciliation reconciliation;
  private final Hours hours;

  Balance(Reconciliation reconciliation, Hours hours) {
    this.reconciliation = reconciliation;
    this.hours = hours;
  }

  /**
   * Compares these stores.
   *
   * @param clickHouse null in a run without an archive
   * @param keys how long every accepted id is known
   */
  public static Balance of(
      DmDatabase dm,
      @Nullable ClickHouse clickHouse,
      List<Target> targets,
      Duration keys,
      Hours hours,
      Clock clock) {
    return new Balance(
        new Reconciliation(
            new Accepted(dm),
            clickHouse == null ? null : new Archive(clickHouse),
            new Consumers(new Digests()),
            targets,
            keys,
            clock),
        hours);
  }

  /** A step of the hourly route: all targets. */
  public void hour(@Body Instant hour) throws SQLException, InterruptedException {
    look(hour, null);
  }

  /** Looks at one target, or at all, and writes down what is wrong. */
  public Look look(Instant hour, @Nullable String target)
      throws SQLException, InterruptedException {
    Look look = reconciliation.look(hour, target);
    hours.looked(look, target == null);
    for (Mismatch mismatch : look.mismatches()) {
      LOG.warn(
          "balance of the hour {}: {}: {} events {} ({})",
          hour,
          mismatch.target(),
          mismatch.ids().size(),
          mismatch.kind().words(),
          mismatch.repair().word());
    }
    return look;
  }
}
