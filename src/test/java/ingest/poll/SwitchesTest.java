package ingest.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.Settings;
import ingest.store.TestStores;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
}
