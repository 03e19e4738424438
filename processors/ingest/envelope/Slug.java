package ingest.envelope;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** A channel's name in URLs, in lower case. */
public final class Slug {
  /**
   * The letters of the platforms' names (Kick, Twitch, X, Bluesky's domains), which have one lower
   * case everywhere: of others, Java and PostgreSQL think differently, and the sign for kelvin
   * becomes a k.
   */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,253}");

  private Slug() {}

  /** Empty where it is none: blank, too long, or of other letters. */
  public static Optional<String> of(String text) {
    String name = text.strip();
    return NAME.matcher(name).matches()
        ? Optional.of(name.toLowerCase(Locale.ROOT))
        : Optional.empty();
  }
}
