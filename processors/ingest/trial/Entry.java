package ingest.trial;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thing that happened in a trial, in the order of the run. */
public sealed interface Entry {
  Step step();

  /** A step with an id of its own was entered. */
  record Reached(Step step) implements Entry {}

  /**
   * A request was made, or would have been.
   *
   * @param headers as they were to be sent; secrets are masked where they are told
   * @param token whether it asked for an OAuth token
   * @param by who answered: given, made up or live
   */
  record Requested(
      Step step,
      String method,
      String url,
      Map<String, String> headers,
      boolean token,
      int status,
      String by)
      implements Entry {}

  /**
   * A SQL step ran.
   *
   * @param statement its file, or its text
   * @param values what its parameters were bound to
   * @param rows that it answered, or changed
   * @param given whether the rows were given rather than asked of the database
   */
  record Queried(Step step, String statement, Map<String, String> values, long rows, boolean given)
      implements Entry {}

  /**
   * An intake came to the commit, or is what a helper hands back to its caller.
   *
   * @param effects the changes of dm state that were to be written with it
   * @param error why the commit would refuse it as a whole
   * @param compared whether known ids were looked for in the database
   * @param handedBack whether the route ended before the commit
   */
  record Committed(
      Step step,
      List<Event> events,
      List<String> effects,
      @Nullable String error,
      boolean compared,
      boolean handedBack)
      implements Entry {}

  /**
   * An envelope of an intake.
   *
   * @param error what of it is off its schema
   * @param duplicate where its id was seen before: in the outbox, or earlier in this run
   */
  record Event(ObjectNode json, @Nullable String error, @Nullable String duplicate) {}

  /** A step failed. */
  record Failed(Step step, Throwable cause) implements Entry {}

  /**
   * The error policy has a failed step tried again.
   *
   * @param attempt 1 for the second try
   * @param waits milliseconds that a run would have waited before it; null where only the policy
   *     knows
   */
  record Retried(Step step, int attempt, @Nullable Long waits) implements Entry {}

  /** The route logged a line. */
  record Logged(Step step, String level, String text) implements Entry {}

  /** A step would have called something that a trial does not call. */
  record NotCalled(Step step, String uri) implements Entry {}
}
