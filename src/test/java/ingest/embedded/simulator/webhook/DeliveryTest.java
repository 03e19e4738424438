package ingest.embedded.simulator.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.embedded.simulator.InvalidRequest;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of calls on their way. */
class DeliveryTest {
  private static List<List<Duration>> arrivals(String order) {
    Delivery delivery = Delivery.parse(order);
    SplittableRandom random = delivery.random();
    return IntStream.range(0, 10_000).mapToObj(i -> delivery.arrivals(random)).toList();
  }

  @Test
  void calls_are_lost_doubled_and_late_in_their_parts() {
    List<List<Duration>> calls =
        arrivals("{\"lost\":0.05,\"twice\":0.1,\"late\":0.3,\"seconds\":15,\"seed\":1}");
    long lost = calls.stream().filter(List::isEmpty).count();
    long twice = calls.stream().filter(call -> call.size() == 2).count();
    long late = calls.stream().filter(c -> !c.isEmpty() && !c.get(0).isZero()).count();
    assertTrue(Math.abs(lost - 500) < 100, () -> "lost " + lost);
    assertTrue(Math.abs(twice - 950) < 150, () -> "twice " + twice);
    assertTrue(Math.abs(late - 2850) < 250, () -> "late " + late);
    assertTrue(
        calls.stream()
            .flatMap(List::stream)
            .allMatch(delay -> delay.compareTo(Duration.ofSeconds(15)) <= 0));
  }

  @Test
  void the_same_seed_is_the_same_fate() {
    String order = "{\"lost\":0.5,\"seed\":7}";
    assertEquals(arrivals(order), arrivals(order));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{\"lost\":1.5}", "{\"late\":-1}", "{\"seconds\":301}"})
  void what_is_no_order_is_refused(String order) {
    assertThrows(InvalidRequest.class, () -> Delivery.parse(order));
  }
}
