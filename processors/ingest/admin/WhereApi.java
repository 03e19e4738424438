package ingest.admin;

import ingest.balance.Where;
import java.sql.SQLException;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** {@code GET /admin/where}: one event through every store. */
public final class WhereApi {
  private static final int LONGEST = 500;

  private final Where where;

  public WhereApi(Where where) {
    this.where = where;
  }

  /** By event id, message id or subject, whichever it is. */
  public String find(@Header("what") @Nullable String what)
      throws SQLException, InterruptedException {
    if (what == null || what.isBlank() || what.length() > LONGEST) {
      throw new AdminRefusal(400, "what is an event id, a message id or a subject");
    }
    return where.of(what.strip()).toString();
  }
}
