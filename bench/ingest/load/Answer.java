package ingest.load;

/**
 * What became of one request.
 *
 * @param status 0 when there was no answer: the connection ended, or patience did
 * @param retryAfter whether the answer says when to come again
 * @param nanos from when it was sent, or was due and found no free connection
 * @param body of a refusal; empty for what was answered 2xx
 */
public record Answer(int status, boolean retryAfter, long nanos, String body) {
  public boolean accepted() {
    return status / 100 == 2;
  }
}
