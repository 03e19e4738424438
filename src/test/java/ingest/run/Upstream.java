package ingest.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The control interface of the simulated Kick of a run. */
public record Upstream(String url) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public static Upstream of(IngestProcess run) {
    return new Upstream(run.said("kick"));
  }

  /** Everything it served intact, the oldest first. */
  public List<JsonNode> served() throws IOException, InterruptedException {
    return served("/control/served");
  }

  /** The same of one of its APIs. */
  List<JsonNode> served(String path) throws IOException, InterruptedException {
    List<JsonNode> served = new ArrayList<>();
    for (String line : send("GET", path, "").lines().toList()) {
      served.add(JSON.readTree(line));
    }
    return served;
  }

  /** Calls that arrived since its start, for {@code channels} or a {@code token}. */
  public long calls(String kind) throws IOException, InterruptedException {
    return counters().path(kind).longValue();
  }

  /** Calls that met a kind of fault. */
  public long faults(String kind) throws IOException, InterruptedException {
    return counters().path("faults").path(kind).longValue();
  }

  private JsonNode counters() throws IOException, InterruptedException {
    return JSON.readTree(send("GET", "/control/calls", ""));
  }

  public void fault(String json) throws IOException, InterruptedException {
    send("POST", "/control/faults", json);
  }

  /** True when every fault that was asked for has been met as often as asked. */
  public boolean well() throws IOException, InterruptedException {
    return JSON.readTree(send("GET", "/control/faults", "")).isEmpty();
  }

  public void clearFaults() throws IOException, InterruptedException {
    send("DELETE", "/control/faults", "");
  }

  /** Sets what the scrapers meet from now on. */
  void scrapers(String json) throws IOException, InterruptedException {
    send("POST", "/control/scrapers", json);
  }

  /** The rows of the simulated sheet. */
  public JsonNode sheet() throws IOException, InterruptedException {
    return JSON.readTree(send("GET", "/control/sheet", ""));
  }

  /** Other rows for it. */
  public void sheet(JsonNode rows) throws IOException, InterruptedException {
    send("POST", "/control/sheet", rows.toString());
  }

  /** Sends webhooks and returns how often each answer came back. */
  public JsonNode webhooks(String order) throws IOException, InterruptedException {
    return JSON.readTree(send("POST", "/control/webhooks", order)).path("answers");
  }

  /** The latest webhooks that were sent, the oldest first. */
  public List<JsonNode> sentWebhooks(int last) throws IOException, InterruptedException {
    List<JsonNode> calls = new ArrayList<>();
    JSON.readTree(send("GET", "/control/webhooks?last=" + last, ""))
        .path("calls")
        .forEach(calls::add);
    return calls;
  }

  /** Every event subscription that Kick holds, the oldest first. */
  public List<JsonNode> subscriptions() throws IOException, InterruptedException {
    return list(send("GET", "/control/subscriptions", ""));
  }

  /** Has Kick do something with them, and returns what it holds then. */
  public List<JsonNode> subscriptions(String order) throws IOException, InterruptedException {
    return list(send("POST", "/control/subscriptions", order));
  }

  /** How the world is, with the broadcasts that had not ended by then. */
  public JsonNode truth(Instant since) throws IOException, InterruptedException {
    return JSON.readTree(send("GET", "/control/truth?since=" + since, ""));
  }

  /** Stops the world: from here on everything is as it is now. */
  public void standStill() throws IOException, InterruptedException {
    send("POST", "/control/world", "still");
  }

  /** How Kick's webhooks get to the receiver from now on. */
  public void delivery(String order) throws IOException, InterruptedException {
    send("POST", "/control/delivery", order);
  }

  /** The webhooks that were lost arrive after all. */
  public void findLost() throws IOException, InterruptedException {
    send("POST", "/control/delivery/lost", "");
  }

  /** How often each answer came back to a sender's webhooks, those that were lost among them. */
  public JsonNode webhookAnswers(String sender) throws IOException, InterruptedException {
    return JSON.readTree(send("GET", "/control/webhooks?last=0", "")).at("/answers/" + sender);
  }

  private static List<JsonNode> list(String json) throws IOException {
    List<JsonNode> items = new ArrayList<>();
    JSON.readTree(json).forEach(items::add);
    return items;
  }

  private String send(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        CLIENT.send(
            HttpRequest.newBuilder(URI.create(url + path))
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertTrue(answer.statusCode() / 100 == 2, answer.body());
    return answer.body();
  }
}
