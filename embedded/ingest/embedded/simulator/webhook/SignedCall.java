package ingest.embedded.simulator.webhook;

import java.util.Map;

/**
 * A call as it is sent.
 *
 * @param id how the sender names the message; of Sumsub and X, who do not, the empty string
 * @param path behind the receiver's address
 */
record SignedCall(
    Notification told, String id, String path, Map<String, String> headers, boolean chunked) {

  SignedCall inChunks() {
    return new SignedCall(told, id, path, headers, true);
  }
}
