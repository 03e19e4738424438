package ingest.delivery;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/**
 * Asks a target for something else than to take events: an object to an address beside that of its
 * events, signed as they are. Thread-safe.
 */
public final class SignedCall implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SignedPost post;

  public SignedCall(Vertx vertx, Duration timeout) {
    this.post = new SignedPost(vertx, timeout);
  }

  /** The target has answered, and will answer the same again. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final int status;

    Refused(int status, String message) {
      super(message);
      this.status = status;
    }

    public int status() {
      return status;
    }
  }

  /**
   * What it answers.
   *
   * @param path beside the last part of its events' address: {@code rebuilds}
   * @throws IOException when it did not answer, or is to be asked again; whether it has done what
   *     was asked is not known then
   */
  public JsonNode post(Target target, String path, byte[] body)
      throws IOException, Refused, InterruptedException {
    URI url = Objects.requireNonNull(target.url()).resolve(path);
    String id = "call_" + UUID.randomUUID();
    SignedPost.Reply reply = post.send(target, url, "application/json", id, body);
    if (reply instanceof SignedPost.Reply.None none) {
      throw new IOException(target.name() + ": " + none.reason());
    }
    SignedPost.Reply.Answer answer = (SignedPost.Reply.Answer) reply;
    JsonNode json = json(answer.body());
    if (answer.status() == 200 && !json.isMissingNode()) {
      return json;
    }
    String said =
        "%s answered %d%s"
            .formatted(
                target.name(),
                answer.status(),
                json.path("error").isTextual() ? ": " + json.path("error").textValue() : "");
    if (answer.status() >= 400 && answer.status() < 500 && answer.status() != 429) {
      throw new Refused(answer.status(), said);
    }
    throw new IOException(said);
  }

  private static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      return JSON.missingNode();
    }
  }

  @Override
  public void close() {
    post.close();
  }
}
