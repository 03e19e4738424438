package ingest.reload;

import ingest.envelope.EventTypes;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;

/** The process that edits are taken over into: what it lends, and what it has to be told. */
public interface Running {
  CamelContext camel();

  /** The components that routes name and Camel does not find by itself; each call a new one. */
  Map<String, Supplier<Component>> components();

  /**
   * The settings as they are now, by the precedence of the start.
   *
   * @throws SettingException when the process would not start with them
   */
  Settings settings();

  /** What {@code {{key}}} stands for with these settings. */
  Map<String, String> properties(Settings settings);

  /** True for a key that was read to make something of the process: a new value needs a restart. */
  boolean holds(String key);

  /** From here on these are the settings; what reads them anew each time follows. */
  void take(Settings settings);

  /**
   * From here on these are the registered types.
   *
   * @return those before
   */
  EventTypes take(EventTypes types);

  /** Routes came or went. */
  void routesChanged();
}
