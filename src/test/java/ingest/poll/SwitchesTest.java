package ingest.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.Settings;
import ingest.store.TestStores;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class SwitchesTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final String NAME = Pollers.key("kick-viewers");
  @TempDir static Path root;

  private static Switches switches(String property) {
    return new Switches(
        STORES.dm(), Settings.load(root, Map.of("POLL_KICK_VIEWERS_ENABLED", property)));
  }

  @Test
  void the_property_decides_while_there_is_no_row() throws SQLException {
    assertTrue(switches("true").on(NAME));
    assertFalse(switches("false").on(NAME));
    assertTrue(switches("").on(NAME), "a poller is on unless something says otherwise");
  }

  @Test
  void a_row_wins_for_every_instance_until_it_is_cleared() throws SQLException {
    Switches here = switches("true");
    Switches there = switches("true");
    here.set(NAME, "false", "ann", "Kick is in maintenance");
    assertFalse(there.on(NAME));
    there.set(NAME, "true", "bob", "over");
    assertTrue(here.on(NAME));
    assertEquals(List.of("bob"), here.overrides().stream().map(Switches.Setting::who).toList());
    here.set(NAME, "false", "ann", "again");
    there.clear(NAME);
    assertTrue(here.on(NAME));
    assertEquals(List.of(), here.overrides());
  }

  @Test
  void a_row_with_an_end_runs_out() throws SQLException {
    Switches switches = switches("true");
    switches.set(NAME, "false", "ann", "for an hour");
    STORES.sql().run("UPDATE ingest.switch SET until = ingest.now() + interval '1 hour'");
    assertFalse(switches.on(NAME));
    STORES.clock(Duration.ofMinutes(61));
    assertTrue(switches.on(NAME));
    assertEquals(List.of(), switches.overrides());
  }

  @Test
  void what_a_poller_lacks_is_named_by_its_variables() {
    Map<String, String> none =
        Map.of("POLL_ACME_NEEDS", "acme.token|acme.key,acme.sheet", "ACME_SHEET", "s");
    assertEquals("ACME_TOKEN or ACME_KEY", lacks(none));
    assertNull(lacks(with(none, "ACME_KEY", "k")), "one of them is enough");
    assertEquals("ACME_SHEET", lacks(with(with(none, "ACME_KEY", "k"), "ACME_SHEET", "")));
  }

  private static @Nullable String lacks(Map<String, String> environment) {
    return new Switches(STORES.dm(), Settings.load(root, environment)).lacks("acme");
  }

  private static Map<String, String> with(Map<String, String> map, String name, String value) {
    Map<String, String> more = new HashMap<>(map);
    more.put(name, value);
    return more;
  }
}
