package ingest.delivery;

import ingest.envelope.EventId;
import ingest.outbox.OutboxEvent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The name of some events that are sent together: the {@code webhook-id} of a batch and the token
 * of an insert. Receivers drop what comes again under one name, so the same events in the same
 * order have the same one, and others another: 128 bits of SHA-256 over their ids.
 */
final class Composition {
  private Composition() {}

  static String id(List<OutboxEvent> events) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      events.forEach(e -> sha256.update(EventId.text(e.id).getBytes(StandardCharsets.US_ASCII)));
      return "bat_" + HexFormat.of().formatHex(sha256.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
