package ingest.signature;

import java.time.Instant;
import java.util.Map;

/** How one sender signs its calls. Safe for use by several threads. */
public interface Scheme {
  /**
   * Says whether the call is genuine, over the very bytes of its body. Compares in constant time,
   * and never throws, whatever it is given.
   *
   * @param headers by name in lower case
   * @param now for schemes that sign a time; the others prevent no replay
   */
  Verdict verify(Map<String, String> headers, byte[] body, Instant now);
}
