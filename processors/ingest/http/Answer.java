package ingest.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Message;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.apache.camel.support.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a route answers: its status, what it set as headers, and its body as bytes. A header that
 * came with the request and is still there was not set by the route and is left out.
 */
final class Answer {
  private static final Logger LOG = LoggerFactory.getLogger(Answer.class);
  private static final String CONTENT_TYPE = "Content-Type";

  /** Tells a caller nothing of what went wrong here. */
  static final Answer FAILED =
      new Answer(500, List.of(json()), "{}".getBytes(StandardCharsets.UTF_8));

  final int status;
  final List<Map.Entry<String, String>> headers;
  final byte[] body;

  private Answer(int status, List<Map.Entry<String, String>> headers, byte[] body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  private static Map.Entry<String, String> json() {
    return Map.entry(CONTENT_TYPE, "application/json");
  }

  /**
   * Reads the body to its end, so on a thread that may wait.
   *
   * @param request the headers that the route was given, by names in any case
   */
  static Answer of(Exchange exchange, Map<String, Object> request, HeaderFilterStrategy filter) {
    if (exchange.getException() != null) {
      return FAILED; // Camel has logged it
    }
    Message message = exchange.getMessage();
    try {
      byte[] body = bytes(message);
      Integer status = message.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
      return new Answer(
          status != null ? status : body.length == 0 ? 204 : 200,
          headers(exchange, message.getHeaders(), request, filter),
          body);
    } catch (InvalidPayloadException | RuntimeException e) {
      LOG.error(
          "route {}: what it answers is no body: {}", exchange.getFromRouteId(), e.toString());
      return FAILED;
    }
  }

  private static byte[] bytes(Message message) throws InvalidPayloadException {
    Object body = message.getBody();
    if (body == null) {
      return new byte[0];
    }
    return body instanceof String text
        ? text.getBytes(StandardCharsets.UTF_8)
        : message.getMandatoryBody(byte[].class);
  }

  private static List<Map.Entry<String, String>> headers(
      Exchange exchange,
      Map<String, Object> set,
      Map<String, Object> request,
      HeaderFilterStrategy filter) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    for (Map.Entry<String, Object> header : set.entrySet()) {
      String name = header.getKey();
      Object value = header.getValue();
      boolean ofTheRequest = value == request.get(name);
      if (value == null || ofTheRequest) {
        continue;
      }
      if (name.equalsIgnoreCase(CONTENT_TYPE)
          || !filter.applyFilterToCamelHeaders(name, value, exchange)) {
        for (Object one : ObjectHelper.createIterable(value, null)) {
          headers.add(Map.entry(name, oneLine(String.valueOf(one))));
        }
      }
    }
    return headers;
  }

  /** A value with a line break would be refused by the server when the answer is written. */
  private static String oneLine(String value) {
    return value.indexOf('\n') < 0 && value.indexOf('\r') < 0
        ? value
        : value.replaceAll("[\\r\\n]+", " ");
  }
}
