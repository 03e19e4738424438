package ingest.rebuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.SignedCall;
import ingest.delivery.Target;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The door of one environment for rebuilds, {@code /internal/rebuilds}. */
final class Environment {
  private static final String PATH = "rebuilds";

  private final SignedCall calls;
  private final Target target;

  Environment(SignedCall calls, Target target) {
    this.calls = calls;
    this.target = target;
  }

  JsonNode list() throws IOException, SignedCall.Refused, InterruptedException {
    return post(JsonNodeFactory.instance.objectNode().put("do", "list"));
  }

  JsonNode begin(UUID rebuild, String table)
      throws IOException, SignedCall.Refused, InterruptedException {
    return post(asking("begin", rebuild).put("table", table));
  }

  /** {@code envelopes} as the archive has them: they are given on byte by byte. */
  JsonNode project(UUID rebuild, List<byte[]> envelopes)
      throws IOException, SignedCall.Refused, InterruptedException {
    ByteArrayOutputStream body = new ByteArrayOutputStream(64 * 1024);
    body.writeBytes(
        ("{\"do\":\"project\",\"rebuild\":\"" + rebuild + "\",\"events\":[")
            .getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < envelopes.size(); i++) {
      if (i > 0) {
        body.write(',');
      }
      body.writeBytes(envelopes.get(i));
    }
    body.writeBytes("]}".getBytes(StandardCharsets.US_ASCII));
    return calls.post(target, PATH, body.toByteArray());
  }

  JsonNode complete(UUID rebuild) throws IOException, SignedCall.Refused, InterruptedException {
    return post(asking("complete", rebuild));
  }

  /** {@code table}: empty for the first. */
  JsonNode difference(UUID rebuild, String table, @Nullable JsonNode after, int keys, int rows)
      throws IOException, SignedCall.Refused, InterruptedException {
    ObjectNode asking = asking("difference", rebuild).put("keys", keys).put("rows", rows);
    if (!table.isEmpty()) {
      asking.put("table", table);
    }
    if (after != null) {
      asking.set("after", after);
    }
    return post(asking);
  }

  JsonNode swap(UUID rebuild, long lose)
      throws IOException, SignedCall.Refused, InterruptedException {
    return post(asking("swap", rebuild).put("lose", lose));
  }

  JsonNode drop(UUID rebuild) throws IOException, SignedCall.Refused, InterruptedException {
    return post(asking("drop", rebuild));
  }

  private static ObjectNode asking(String verb, UUID rebuild) {
    return JsonNodeFactory.instance.objectNode().put("do", verb).put("rebuild", rebuild.toString());
  }

  private JsonNode post(ObjectNode body)
      throws IOException, SignedCall.Refused, InterruptedException {
    return calls.post(target, PATH, body.toString().getBytes(StandardCharsets.UTF_8));
  }
}
