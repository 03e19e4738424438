package ingest.bench;

import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;

/** The same batches signed and posted to the product with role {@code env}, one per connection. */
final class HttpConsume implements Contestant {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final RealReceiver receiver;
  private final Bodies bodies;

  HttpConsume(RealReceiver receiver, Bodies bodies) {
    this.receiver = receiver;
    this.bodies = bodies;
  }

  @Override
  public String name() {
    return "the same by HTTP, signed";
  }

  @Override
  public void prepare() throws Exception {
    receiver.reset();
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(() -> Workers.each(bodies.all().size(), this::post));
    return bodies.events();
  }

  private void post(int number) throws Exception {
    byte[] body = bodies.all().get(number);
    Signed signed =
        StandardWebhooks.sign(RealReceiver.secrets(), "bat_" + number, Instant.now(), body);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(receiver.url())
            .timeout(TIMEOUT)
            .header("content-type", "application/cloudevents-batch+json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    signed.headers().forEach(request::header);
    HttpResponse<String> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    Unbalanced.unlessEqual("status of an answer", 200, answer.statusCode());
    Applied.unlessAll(bodies.sizeOf(number), answer.body());
  }

  @Override
  public void check() throws Exception {
    receiver.check(bodies.events());
  }
}
