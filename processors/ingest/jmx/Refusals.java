package ingest.jmx;

import ingest.admin.AdminRefusal;
import java.sql.SQLException;

/** What an API refuses, as exceptions that JConsole knows: it has none of our classes. */
final class Refusals {
  private Refusals() {}

  /** A call of an API bean. */
  interface Call<T> {
    T made() throws SQLException, InterruptedException;
  }

  /**
   * Makes the call.
   *
   * @throws IllegalArgumentException when it is refused
   * @throws IllegalStateException when the store is away
   */
  static <T> T plain(Call<T> call) {
    try {
      return call.made();
    } catch (AdminRefusal e) {
      throw new IllegalArgumentException(e.getMessage());
    } catch (SQLException e) {
      throw new IllegalStateException("the store is away or busy: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("this process stops");
    }
  }
}
