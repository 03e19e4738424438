package ingest.outbox;

import java.sql.SQLTransientException;

/** Too many intakes wait for a commit; nothing of this one is committed, and it may come again. */
public final class CommitsFull extends SQLTransientException {
  private static final long serialVersionUID = 1;

  CommitsFull(String reason) {
    super(reason);
  }
}
