package ingest.load;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One request as it goes over the wire; a subclass adds what it is known by afterwards. */
public class Request {
  final byte[] wire;

  /** A POST of JSON. */
  public Request(String path, Map<String, String> headers, byte[] body) {
    StringBuilder head = new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\n");
    head.append("host: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ");
    head.append(body.length).append("\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length() + 2 + body.length);
    bytes.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    bytes.writeBytes(body);
    this.wire = bytes.toByteArray();
  }
}
