package ingest.bench;

import ingest.consumer.Consumer;
import ingest.consumer.ConsumerMetrics;
import ingest.consumer.InternalEvents;
import ingest.consumer.ProcessedEvents;
import ingest.envelope.EventTypes;
import ingest.projection.kick.ViewerCountProjector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;

/**
 * The consumer's steps after the signature: parse the body, dedupe and project in one transaction,
 * make the answer.
 */
final class DirectConsume implements Contestant {
  private final Environment environment;
  private final Bodies bodies;
  private final InternalEvents steps;

  DirectConsume(Environment environment, Bodies bodies) {
    this.environment = environment;
    this.bodies = bodies;
    this.steps =
        new InternalEvents(
            new Consumer(
                environment.database(),
                List.of(new ViewerCountProjector()),
                List.of(),
                EventTypes.load(Path.of("routes"))),
            new ProcessedEvents(environment.database()),
            new ConsumerMetrics(new SimpleMeterRegistry()));
  }

  @Override
  public String name() {
    return "parse, dedupe and project";
  }

  @Override
  public void prepare() throws Exception {
    environment.clear();
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(
        () ->
            Workers.each(
                bodies.all().size(),
                i -> {
                  byte[] body = bodies.all().get(i);
                  Applied.unlessAll(bodies.sizeOf(i), steps.project(steps.parse(body)));
                }));
    return bodies.events();
  }

  @Override
  public void check() throws Exception {
    environment.check(bodies.source(), bodies.events());
  }
}
