package ingest.poll;

import com.fasterxml.jackson.core.JacksonException;
import com.jayway.jsonpath.JsonPathException;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.MalformedAnswer;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.jspecify.annotations.Nullable;

/** Why a poll failed, in one line for people: in the log, in {@code dm.skipped_page}. */
public final class Failure {
  private static final int LONGEST = 300;

  private Failure() {}

  /** Names what was wrong, not what an upstream said or a URL with its secrets. */
  public static String words(@Nullable Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof RuntimeCamelException || cause instanceof CamelExchangeException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof InvalidEnvelope
        || cause instanceof JsonPathException
        || cause instanceof MalformedAnswer) {
      return String.valueOf(cause.getMessage());
    }
    if (cause instanceof HttpOperationFailedException answer) {
      return "the upstream answered " + answer.getStatusCode();
    }
    if (cause instanceof JacksonException) {
      return "the upstream's answer is not JSON";
    }
    String text = String.valueOf(cause).lines().findFirst().orElse("");
    return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
  }
}
