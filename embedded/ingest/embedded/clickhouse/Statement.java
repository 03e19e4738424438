package ingest.embedded.clickhouse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One statement and what it is to run under.
 *
 * @param format of a result whose statement names none
 * @param settings the engine's, and {@code param_<name>} for the statement's {@code {name:Type}}
 */
record Statement(NativeText text, String format, String database, Map<String, String> settings) {
  private static final Pattern NAME = Pattern.compile("\\w+");

  /**
   * The statements that bring its connection there.
   *
   * @throws EngineException when a setting's name is none
   */
  List<String> preparations() throws EngineException {
    List<String> preparations = new ArrayList<>();
    if (!database.equals("default")) {
      preparations.add("USE `" + database.replace("\\", "\\\\").replace("`", "\\`") + "`");
    }
    for (String name : settings.keySet()) {
      if (!NAME.matcher(name).matches()) {
        throw new EngineException(
            EngineException.UNKNOWN_SETTING, "Unknown setting '" + name + "'", "UNKNOWN_SETTING");
      }
    }
    if (!settings.isEmpty()) {
      preparations.add(
          settings.entrySet().stream()
              .map(setting -> setting.getKey() + " = " + quoted(setting.getValue()))
              .collect(Collectors.joining(", ", "SET ", "")));
    }
    return preparations;
  }

  private static String quoted(String value) {
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
