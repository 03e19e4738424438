package ingest.embedded.simulator.webhook;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes templates new: every id in them another one, every time in them moved by the same span, in
 * the format it has. Within one story the same id becomes the same, so that several templates tell
 * of one applicant, one e-mail or one pair of people. Not thread-safe.
 */
final class Story {
  /** The moment of which templates tell. */
  static final Instant TEMPLATES = Instant.parse("2026-01-01T00:00:00Z");

  private static final Pattern ISO =
      Pattern.compile("202[56]-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|\\+00:00)");
  private static final Pattern SUMSUB =
      Pattern.compile("202[56]-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?");
  private static final DateTimeFormatter SUMSUB_SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter SUMSUB_MILLISECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final Pattern MILLISECONDS = Pattern.compile("(?<!\\d)17672256\\d{5}(?!\\d)");
  private static final Pattern TWEET = Pattern.compile("Thu Jan 01 00:00:00 \\+0000 2026");
  private static final DateTimeFormatter TWEETS =
      DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss Z uuuu", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final Pattern HTTP_DATE = Pattern.compile("Thu, 1 Jan 2026 00:00:00 GMT");

  private static final Pattern CORRELATION = Pattern.compile("req-[0-9a-f-]{36}");
  private static final Pattern UUIDS =
      Pattern.compile("(?<!-)\\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\b");
  private static final Pattern HEX =
      Pattern.compile("\\b(?=[0-9a-f]*[a-f])([0-9a-f]{32}|[0-9a-f]{24})\\b");
  private static final Pattern ULID = Pattern.compile("\\b01[0-9A-HJKMNP-TV-Z]{24}\\b");
  private static final Pattern EXTERNAL = Pattern.compile("\\b(user|action)-\\d{6}\\b");
  private static final Pattern MAIL = Pattern.compile("<0{15}\\d@");
  private static final Pattern EVENT_UUID = Pattern.compile("\"event_uuid\":\"-?\\d+\"");
  private static final Pattern TWEET_ID = Pattern.compile("\\b21\\d{15}(0[1-9]|[1-9]\\d)\\b");
  private static final Pattern PERSON =
      Pattern.compile("\\b1000000000000000002\\b|oak_example|Oak Example");
  private static final Pattern FAN =
      Pattern.compile("\\b9000001(\\d\\d)\\b|\\bfan([_-])1(\\d\\d)\\b");

  private final RandomGenerator random;
  private final Map<String, String> made = new HashMap<>();

  Story(RandomGenerator random) {
    this.random = random;
  }

  /** The template as it reads at {@code now}. */
  String tell(String template, Instant now) {
    return ids(times(template, Duration.between(TEMPLATES, now)));
  }

  private String times(String text, Duration moved) {
    String iso = replace(ISO, text, m -> iso(m, moved));
    String sumsub =
        replace(
            SUMSUB,
            iso,
            m ->
                (m.group(1) == null ? SUMSUB_SECONDS : SUMSUB_MILLISECONDS)
                    .format(
                        LocalDateTime.parse(m.group().replace(' ', 'T'))
                            .toInstant(ZoneOffset.UTC)
                            .plus(moved)));
    String milliseconds =
        replace(
            MILLISECONDS, sumsub, m -> Long.toString(Long.parseLong(m.group()) + moved.toMillis()));
    String tweet = replace(TWEET, milliseconds, m -> TWEETS.format(TEMPLATES.plus(moved)));
    return replace(
        HTTP_DATE,
        tweet,
        m ->
            DateTimeFormatter.RFC_1123_DATE_TIME.format(
                TEMPLATES.plus(moved).atOffset(ZoneOffset.UTC)));
  }

  /** With as many digits behind the second as before. */
  private static String iso(MatchResult match, Duration moved) {
    int digits = match.group(1) == null ? 0 : match.group(1).length() - 1;
    Instant then = OffsetDateTime.parse(match.group()).toInstant().plus(moved);
    String pattern = "uuuu-MM-dd'T'HH:mm:ss" + (digits == 0 ? "" : "." + "S".repeat(digits));
    return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC).format(then)
        + match.group(2);
  }

  private String ids(String text) {
    String told = replace(CORRELATION, text, m -> "req-" + uuid());
    told = replace(UUIDS, told, m -> same(m, k -> uuid()));
    told = replace(HEX, told, m -> same(m, k -> hex(k.length())));
    told = replace(ULID, told, m -> same(m, k -> MessageIds.ulid(random)));
    told = replace(EXTERNAL, told, m -> same(m, k -> m.group(1) + "-" + digits(6)));
    told = replace(MAIL, told, m -> same(m, k -> "<" + digits(16) + "@"));
    told = replace(EVENT_UUID, told, m -> "\"event_uuid\":\"" + random.nextLong() + "\"");
    told = replace(TWEET_ID, told, m -> same(m, k -> "21" + digits(17)));
    told = replace(PERSON, told, this::person);
    return replace(FAN, told, this::fan);
  }

  private String person(MatchResult match) {
    String number = made.computeIfAbsent("person", k -> digits(9));
    return switch (match.group()) {
      case "oak_example" -> "oak_example_" + number;
      case "Oak Example" -> "Oak Example " + number;
      default -> "1100000000" + number;
    };
  }

  /** A user of Kick who is no channel of the world: id and names belong together for ever. */
  private String fan(MatchResult match) {
    String number = match.group(1) == null ? match.group(3) : match.group(1);
    String fan = made.computeIfAbsent("fan " + number, k -> "91" + digits(7));
    return match.group(1) == null ? "fan" + match.group(2) + fan : fan;
  }

  private String same(MatchResult match, UnaryOperator<String> anew) {
    return made.computeIfAbsent(match.group(), anew);
  }

  private String uuid() {
    return new UUID(
            (random.nextLong() & ~0xF000L) | 0x4000L,
            (random.nextLong() & ~(3L << 62)) | Long.MIN_VALUE)
        .toString();
  }

  private String hex(int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(Character.forDigit(random.nextInt(16), 16));
    }
    return text.toString();
  }

  /** So many digits, the first of them no zero. */
  private String digits(int length) {
    StringBuilder text = new StringBuilder().append(1 + random.nextInt(9));
    while (text.length() < length) {
      text.append(random.nextInt(10));
    }
    return text.toString();
  }

  private static String replace(Pattern pattern, String text, Function<MatchResult, String> by) {
    return pattern.matcher(text).replaceAll(m -> Matcher.quoteReplacement(by.apply(m)));
  }
}
