package ingest.settings;

/** A setting that is missing or cannot be read; the message names it and the way out. */
public final class SettingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SettingException(String message) {
    super(message);
  }
}
