package ingest.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A {@link Sink} in a process of its own. */
final class CheapReceiver implements Receiver {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Child process;
  private final URI url;
  private JsonNode before = JSON.createObjectNode();

  CheapReceiver() throws IOException, InterruptedException {
    process = new Child(Sink.class.getName(), List.of(), Map.of());
    String port = process.ready().replaceAll("\\D", "");
    url = URI.create("http://127.0.0.1:" + port + "/internal/events");
  }

  @Override
  public String name() {
    return "sink";
  }

  @Override
  public URI url() {
    return url;
  }

  @Override
  public void reset() throws Exception {
    before = counts();
  }

  /** Answers nothing until {@link #release}, and keeps what comes waiting. */
  void hold() throws Exception {
    ask("/hold");
  }

  void release() throws Exception {
    ask("/release");
  }

  /**
   * To the byte: every event's own, and of a batch its brackets and commas, which are one more than
   * its events.
   */
  @Override
  public void check(int events) throws Exception {
    JsonNode now = counts();
    long batches = difference(now, "batches");
    long inBatches = events - difference(now, "singles");
    Unbalanced.unlessEqual(
        "bytes at the sink",
        (long) events * Events.BYTES + inBatches + batches,
        difference(now, "bytes"));
  }

  private long difference(JsonNode now, String field) {
    return now.path(field).asLong() - before.path(field).asLong();
  }

  private JsonNode counts() throws IOException, InterruptedException {
    return JSON.readTree(ask("/counts"));
  }

  private String ask(String path) throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(url.resolve(path)).timeout(Duration.ofSeconds(10)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Override
  public void close() {
    process.close();
  }
}
