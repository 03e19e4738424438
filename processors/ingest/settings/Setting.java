package ingest.settings;

/**
 * One setting of a process.
 *
 * @param key as application.properties spells it
 * @param value empty where it has none
 * @param origin the layer that the value came from
 * @param standard the default of application.properties; empty where there is none
 * @param declared whether a file of properties or a secrets file names it; what else stands in the
 *     environment may be anybody's
 */
public record Setting(String key, String value, String origin, String standard, boolean declared) {

  public boolean isSet() {
    return !value.isEmpty();
  }

  /** Whether it has a value that is not the default. */
  public boolean isChanged() {
    return isSet() && !value.equals(standard);
  }

  /** Whether {@code name} is this key, its variable, or the words that the key begins with. */
  public boolean isIn(String name) {
    String own = Settings.canonical(key);
    String asked = Settings.canonical(name);
    return own.equals(asked) || own.startsWith(asked.replaceFirst("\\.?$", "."));
  }
}
