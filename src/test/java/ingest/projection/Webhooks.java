package ingest.projection;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.mapping.Mapper;
import ingest.webhook.Sender;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.apache.camel.support.scan.DefaultPackageScanClassResolver;

/**
 * The webhooks of one sender on their way into the tables of an environment, without the stores
 * between.
 */
public final class Webhooks {
  /** When all of them arrive. */
  public static final Instant ARRIVED = Instant.parse("2026-09-24T12:00:00Z");

  private final Sender sender;
  private final EventTypes types = EventTypes.load(Path.of("routes"));
  private final Map<String, Mapper> mappers = new TreeMap<>();

  /** In the order in which the consumer runs them. */
  private final Map<String, Projector<?>> projectors = new TreeMap<>();

  public Webhooks(Sender sender) {
    this.sender = sender;
    found(Mapper.class, "ingest." + sender.source()).forEach(m -> mappers.put(m.type(), m));
    for (Projector<?> p : found(Projector.class, "ingest.projection." + sender.source())) {
      projectors.put(p.type(), p);
    }
  }

  private static <T> List<T> found(Class<T> kind, String folder) {
    List<T> found = new ArrayList<>();
    for (Class<?> c : new DefaultPackageScanClassResolver().findImplementations(kind, folder)) {
      try {
        found.add(kind.cast(c.getConstructor().newInstance()));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
    return found;
  }

  /** Types that are mapped, and those that are projected. */
  public List<List<String>> types() {
    return List.of(List.copyOf(mappers.keySet()), List.copyOf(projectors.keySet()));
  }

  /** The one event that a call is. */
  public Envelope event(Map<String, String> headers, JsonNode body) {
    String name = sender.types(headers, body).get(0);
    Arrival.Message message =
        sender.message(headers, body.toString().getBytes(StandardCharsets.UTF_8));
    Arrival arrival =
        new Arrival(
            ARRIVED, null, message, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    Mapper mapper = Objects.requireNonNull(mappers.get(name));
    Envelope event = mapper.map(body, types.find(name).orElseThrow(), arrival).get(0);
    types.check(event);
    return event;
  }

  /** As the consumer does with one batch, but for the ids it has seen. */
  public void project(Connection tx, List<Envelope> batch) throws SQLException {
    for (Projector<?> projector : projectors.values()) {
      project(tx, projector, batch);
    }
  }

  private static <R> void project(Connection tx, Projector<R> projector, List<Envelope> batch)
      throws SQLException {
    List<R> rows =
        batch.stream()
            .filter(e -> e.type().equals(projector.type()))
            .flatMap(e -> projector.rows(e).stream())
            .toList();
    if (!rows.isEmpty()) {
      projector.write(tx, rows);
    }
  }

  /** The history in any order, some of it again, in batches of any size. */
  public static <T> List<List<T>> arrivals(List<T> history, Random random) {
    List<T> arrival = new ArrayList<>(history);
    for (int repeats = random.nextInt(8); repeats > 0; repeats--) {
      arrival.add(history.get(random.nextInt(history.size())));
    }
    Collections.shuffle(arrival, random);
    List<List<T>> batches = new ArrayList<>();
    for (int from = 0; from < arrival.size(); ) {
      int to = Math.min(arrival.size(), from + 1 + random.nextInt(8));
      batches.add(arrival.subList(from, to));
      from = to;
    }
    return batches;
  }
}
