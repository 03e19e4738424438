package ingest.envelope;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whom an event or a call names: as its subject, by an id in its data, by an e-mail address in any
 * text of it. An identity is a text: {@code kick:123}, {@code sumsub:<applicant>}, {@code
 * email:a@b.example}, {@code name:alice}.
 *
 * <p>Ids are told by the names of their fields, which mappers and third parties choose. Of Kick,
 * whose ids are short numbers as those of categories and emotes are, only fields that name people
 * count; of all others every field that ends in {@code id}.
 */
public final class Persons {
  public static final String EMAIL = "email:";
  public static final String NAME = "name:";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KICK = "kick";

  private static final Pattern KICK_ID =
      Pattern.compile(
          "(?:.*_)?(?:user|sender|gifter|giftee|redeemer|subscriber|moderator|recipient|follower|broadcaster)_ids?");

  private static final Pattern ANY_ID = Pattern.compile("(?:.*_)?ids?|.*I[dD]s?|id_str");

  /**
   * Our own numbers of channels and an environment's of streamers, which are nobody's elsewhere.
   */
  private static final Set<String> OURS = Set.of("channel_id", "streamer_id");

  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,20}");

  private static final Pattern ADDRESS =
      Pattern.compile("[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+");

  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_]+(?:[.-][\\p{L}\\p{N}_]+)*");

  /** Whole texts of JSON are sent as values, pages of scrapers for one. */
  private static final int MOST_DEPTH = 40;

  private final Set<String> found = new HashSet<>();
  private final boolean names;

  private Persons(boolean names) {
    this.names = names;
  }

  /**
   * The identities that an event names.
   *
   * @param names each word of each text as well, which may be somebody's name
   */
  public static Set<String> in(Envelope event, boolean names) {
    Persons persons = new Persons(names);
    persons.found.add(event.subject());
    persons.text(event.subject(), event.source(), 0);
    persons.walk(platform(event.source(), event.data()), event.data(), 0);
    return persons.found;
  }

  /** The identities that the body of a call names, whether it is JSON or not. */
  public static Set<String> in(String source, String body, boolean names) {
    Persons persons = new Persons(names);
    String platform = source.equals("scraperapi") ? KICK : source;
    JsonNode parsed = parsed(body);
    if (parsed == null) {
      Matcher word = WORD.matcher(body);
      while (word.find()) {
        if (word.group().length() >= 7) {
          persons.found.add(platform + ":" + word.group());
        }
      }
      persons.text(body, platform, MOST_DEPTH);
    } else {
      persons.walk(platform(platform, parsed), parsed, 0);
    }
    return persons.found;
  }

  /** An e-mail address as an identity. */
  public static String email(String address) {
    return EMAIL + address.toLowerCase(Locale.ROOT);
  }

  /** A name, which is one word, as an identity. */
  public static String name(String name) {
    return NAME + name.toLowerCase(Locale.ROOT);
  }

  /** Whether a name can be found as one word. */
  public static boolean isName(String text) {
    return WORD.matcher(text).matches();
  }

  /**
   * What is kept of an identity when it is forgotten: whoever has the salt can tell whether an
   * identity is this one, and, where identities can be counted through, which it was.
   */
  public static String pseudonym(String salt, String identity) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest((salt + identity).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String platform(String source, JsonNode data) {
    JsonNode said = data.path("platform");
    return said.isTextual() ? said.textValue() : source;
  }

  private void walk(String platform, JsonNode node, int depth) {
    if (depth > MOST_DEPTH) {
      return;
    }
    if (node.isTextual()) {
      text(node.textValue(), platform, depth);
    } else if (node.isArray()) {
      node.forEach(element -> walk(platform, element, depth + 1));
    } else {
      node.properties()
          .forEach(
              field -> {
                if (isId(platform, field.getKey())) {
                  ids(platform, field.getValue());
                } else if (!platform.equals(KICK) && DIGITS.matcher(field.getKey()).matches()) {
                  found.add(platform + ":" + field.getKey());
                }
                walk(platform, field.getValue(), depth + 1);
              });
    }
  }

  private static boolean isId(String platform, String field) {
    return platform.equals(KICK)
        ? KICK_ID.matcher(field).matches()
        : ANY_ID.matcher(field).matches() && !OURS.contains(field);
  }

  private void ids(String platform, JsonNode value) {
    if (value.isArray()) {
      value.forEach(one -> ids(platform, one));
    } else if (value.isTextual() || value.isIntegralNumber()) {
      found.add(platform + ":" + value.asText());
    }
  }

  private void text(String text, String platform, int depth) {
    if (text.indexOf('@') >= 0) {
      Matcher address = ADDRESS.matcher(text);
      while (address.find()) {
        found.add(email(address.group()));
      }
    }
    if (names) {
      Matcher word = WORD.matcher(text);
      while (word.find()) {
        found.add(name(word.group()));
      }
    }
    if (depth < MOST_DEPTH && (text.startsWith("{") || text.startsWith("["))) {
      JsonNode nested = parsed(text);
      if (nested != null && nested.isContainerNode()) {
        walk(platform, nested, depth + 1);
      }
    }
  }

  private static @Nullable JsonNode parsed(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
