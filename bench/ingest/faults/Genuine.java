package ingest.faults;

import ingest.load.Request;
import java.util.Map;

/** One call that its sender really signed: a message, and the fact that it tells. */
final class Genuine extends Request {
  final Told fact;
  final Told.Message message;

  Genuine(String path, Map<String, String> headers, Told fact, Told.Message message) {
    super(path, headers, message.body);
    this.fact = fact;
    this.message = message;
  }
}
