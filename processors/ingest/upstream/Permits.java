package ingest.upstream;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may call an upstream when, over all instances. */
public interface Permits {
  /**
   * Waits for a turn, a few seconds at most.
   *
   * @param credits what the call is reckoned to cost; of no account where calls cost nothing
   * @throws NotPermitted when there is none: paused, broken, too many before it, no credits left
   * @throws SQLException when the database cannot say; whoever asks must not call then
   */
  Permit take(String upstream, int credits) throws NotPermitted, SQLException, InterruptedException;

  /** The call was answered well. */
  void answered(Permit permit, Heard heard) throws SQLException;

  /**
   * The call failed in a way that tells of the upstream and not of the page.
   *
   * @param heard of the answer that said so, where there was one
   */
  void failed(Permit permit, Heard heard) throws SQLException;

  /**
   * It answered 429, or asked for a pause.
   *
   * @param asked how long; null where it did not say
   */
  void refused(Permit permit, Heard heard, @Nullable Duration asked) throws SQLException;

  /** The call told nothing of the upstream, but it may have cost something. */
  void spent(Permit permit, Heard heard) throws SQLException;

  /** Nobody calls it before {@code until}: a reason that no header says. */
  void pause(String upstream, Instant until, String why) throws SQLException;

  /** How each upstream stands. */
  List<Standing> standings() throws SQLException;

  /** For trials of routes, which call nobody that could mind: every call at once. */
  static Permits free() {
    return new Permits() {
      @Override
      public Permit take(String upstream, int credits) {
        return new Permit(upstream, LocalDate.EPOCH, credits, false);
      }

      @Override
      public void answered(Permit permit, Heard heard) {}

      @Override
      public void failed(Permit permit, Heard heard) {}

      @Override
      public void refused(Permit permit, Heard heard, @Nullable Duration asked) {}

      @Override
      public void spent(Permit permit, Heard heard) {}

      @Override
      public void pause(String upstream, Instant until, String why) {}

      @Override
      public List<Standing> standings() {
        return List.of();
      }
    };
  }
}
