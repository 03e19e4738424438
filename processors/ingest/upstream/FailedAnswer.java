package ingest.upstream;

import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Answers of calls with {@code throwExceptionOnFailure: false}, whose body has to be read before it
 * is known whether they failed. Around a call {@code doTry} would do as well, but Camel loses count
 * of the tries there.
 */
public final class FailedAnswer {
  private FailedAnswer() {}

  /** The status of an answer that is the message now. */
  public static int status(Message answer) {
    return answer.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
  }

  /** The failure that the call would have been by itself. */
  public static HttpOperationFailedException of(String upstream, Message answer) {
    Map<String, String> headers = new TreeMap<>();
    answer.getHeaders().forEach((name, value) -> headers.put(name, String.valueOf(value)));
    return new HttpOperationFailedException(
        upstream, status(answer), "refused", null, headers, answer.getBody(String.class));
  }
}
