package ingest.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The routes as they are; {@link RouteConventionsCatchTest} shows that each rule can fail. */
final class RouteConventionsTest {
  private static final RouteTree PRODUCT = Trees.product(Path.of(""));
  private static final RouteTree SIMULATOR = Trees.simulator(Path.of(""));

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void the_products_routes_keep_to(RouteRule rule) {
    assertKept(rule, PRODUCT);
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void the_simulators_routes_keep_to(RouteRule rule) {
    assertKept(rule, SIMULATOR);
  }

  @Test
  void there_are_routes_to_look_at() {
    assertFalse(PRODUCT.files().isEmpty(), "no routes below routes/");
    assertFalse(SIMULATOR.files().isEmpty(), "no routes below embedded/simulator/");
  }

  private static void assertKept(RouteRule rule, RouteTree tree) {
    assertEquals("", Trees.told(rule.broken(tree)), rule.toString());
  }
}
