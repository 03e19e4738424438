package ingest.channel;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** A channel's name in URLs, in lower case. */
public final class Slug {
  /**
   * The letters of the platforms' names (Kick, Twitch, X, Bluesky's domains), which upper and lower
   * case in one way everywhere: of others, Java and PostgreSQL think differently.
   */
  private static final Pattern NAME = Pattern.compile("[a-z0-9_.-]{1,253}");

  private Slug() {}

  /** Empty where it is none: blank, too long, or of other letters. */
  public static Optional<String> of(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    return NAME.matcher(lower).matches() ? Optional.of(lower) : Optional.empty();
  }
}
