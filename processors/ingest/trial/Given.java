package ingest.trial;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What stands in for the outside world; a step is known by its id. */
public interface Given {

  /**
   * The answer to a request of this step; empty where none is given.
   *
   * @param token whether it asks for an OAuth token
   */
  Optional<Answer> answer(Step step, String url, boolean token);

  /** The rows of a SQL step; empty where none are given, and the database is asked. */
  Optional<List<Map<String, Object>>> rows(Step step);
}
