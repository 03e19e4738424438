package ingest.operation;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Who wants something, and why. */
public record Actor(String who, String why) {
  /** The header in which the guard of the management port notes whose token it was shown. */
  public static final String HOLDER = "admin-holder";

  private static final int LONGEST = 500;

  public Actor {
    who = cut(who);
    why = cut(why);
  }

  /**
   * Who asks over HTTP: the holder of the token, and who they say they are, which nobody checked.
   *
   * @param holder null where no token is asked for
   */
  public static Actor of(@Nullable String holder, JsonNode request) {
    String said = text(request, "who", "unknown");
    return new Actor(
        holder == null ? said : "%s (%s)".formatted(holder, said),
        text(request, "why", "not said"));
  }

  private static String text(JsonNode request, String field, String absent) {
    String value = request.path(field).asText("");
    return value.isBlank() ? absent : value;
  }

  private static String cut(String text) {
    String plain = text.replace("\0", "");
    return plain.length() > LONGEST ? plain.substring(0, LONGEST) : plain;
  }
}
