package ingest.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.RouteBean;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of beans and the wiring say the same. */
final class RouteBeansTest {
  private final String wiring;

  RouteBeansTest() throws IOException {
    wiring =
        Files.readString(Path.of("processors/ingest/Wiring.java"))
            + Files.readString(Path.of("processors/ingest/Upstreams.java"))
            + Files.readString(Path.of("processors/ingest/Scrapers.java"))
            + Files.readString(Path.of("processors/ingest/Webhooks.java"));
  }

  @Test
  void the_wiring_binds_every_bean_of_the_list() {
    Set<String> bound = new TreeSet<>();
    Pattern.compile("RouteBean\\s*\\.([A-Z_]+)\\s*\\.bind\\(")
        .matcher(wiring)
        .results()
        .forEach(r -> bound.add(r.group(1)));
    Set<String> listed = new TreeSet<>();
    Stream.of(RouteBean.values()).forEach(b -> listed.add(b.name()));
    assertEquals(listed, bound);
  }

  @Test
  void the_wiring_binds_nothing_beside_the_list() {
    List<String> others =
        Pattern.compile("\\.bind\\(\\s*\"(\\w+)\"")
            .matcher(wiring)
            .results()
            .map(r -> r.group(1))
            .toList();
    assertEquals(List.of(), others, "bind it through a line of RouteBean, so that check knows it");
  }

  @Test
  void names_are_unique() {
    assertEquals(RouteBean.values().length, RouteBean.classes().size());
    assertTrue(RouteBean.classes().containsKey("dm"));
  }
}
