package ingest.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is to be replayed, as whoever asks for it says: by command, by HTTP, by JMX or on the page.
 *
 * @param from the first millisecond
 * @param to the millisecond behind the last, never ahead of the clock
 * @param types patterns such as {@code kick.livestream.*}; none: all that the target takes
 * @param subjects none: all
 * @param onlyMissing the originals go out as they are, and the consumer applies those that it does
 *     not know
 * @param dryRun only counts
 */
public record ReplayRequest(
    String target,
    Instant from,
    Instant to,
    List<String> types,
    List<String> subjects,
    boolean onlyMissing,
    boolean dryRun) {

  private static final Set<String> FIELDS =
      Set.of(
          "target",
          "from",
          "to",
          "types",
          "subjects",
          "only_missing",
          "dry_run",
          "yes_production",
          "rate",
          "who",
          "why");

  private static final Pattern TYPE = Pattern.compile("(?=.)[a-z0-9_.]{0,120}\\*?");
  private static final Pattern SUBJECT = Pattern.compile("[!-~]{1,200}");

  /** So that the audit has all of them. */
  private static final int MOST = 20;

  /** A time that was read from another clock. */
  private static final Duration CLOCKS = Duration.ofMinutes(2);

  public ReplayRequest {
    types = List.copyOf(types);
    subjects = List.copyOf(subjects);
  }

  /**
   * Reads what was asked for. A field that is not known is refused: without it the replay would be
   * another.
   *
   * @throws ReplayRefused with what is wrong
   */
  static ReplayRequest asked(JsonNode request, Clock clock) {
    Set<String> unknown = new TreeSet<>();
    request.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(FIELDS);
    if (!unknown.isEmpty()) {
      throw new ReplayRefused(
          400, "not understood: %s; there are: %s".formatted(unknown, new TreeSet<>(FIELDS)));
    }
    Instant now = clock.instant();
    Instant from = time(request, "from", null);
    Instant to = time(request, "to", now);
    if (to.isAfter(now.plus(CLOCKS))) {
      throw new ReplayRefused(400, "to is in the future");
    }
    if (!from.isBefore(to)) {
      throw new ReplayRefused(400, "from is not before to");
    }
    if (from.isBefore(RawEvents.keptFrom(clock))) {
      throw new ReplayRefused(
          400,
          "from is before %s: the archive keeps 13 months, and a window that is not whole is not replayed"
              .formatted(RawEvents.keptFrom(clock).truncatedTo(ChronoUnit.SECONDS)));
    }
    return new ReplayRequest(
        request.path("target").asText(""),
        from,
        to.isBefore(now) ? to : millisecondAt(now),
        texts(request, "types", TYPE, "a type or a pattern such as kick.livestream.*"),
        texts(request, "subjects", SUBJECT, "a subject such as kick:12345"),
        flag(request, "only_missing"),
        flag(request, "dry_run"));
  }

  /** Per second at most; null where none is asked for. */
  static @Nullable Integer rate(JsonNode request) {
    JsonNode rate = request.path("rate");
    if (rate.isMissingNode() || rate.isNull()) {
      return null;
    }
    if (!rate.canConvertToInt() || rate.asInt() < 1) {
      throw new ReplayRefused(400, "rate is a number from 1 on");
    }
    return rate.asInt();
  }

  static boolean yesProduction(JsonNode request) {
    return flag(request, "yes_production");
  }

  /** Of what {@link #json} made. */
  static ReplayRequest of(JsonNode json) {
    return new ReplayRequest(
        json.path("target").asText(),
        Instant.parse(json.path("from").asText()),
        Instant.parse(json.path("to").asText()),
        texts(json, "types", TYPE, "a type"),
        texts(json, "subjects", SUBJECT, "a subject"),
        flag(json, "only_missing"),
        flag(json, "dry_run"));
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("target", target).put("from", from.toString()).put("to", to.toString());
    types.forEach(json.putArray("types")::add);
    subjects.forEach(json.putArray("subjects")::add);
    return json.put("only_missing", onlyMissing).put("dry_run", dryRun);
  }

  /** The window for these types. */
  RawEvents.Window window(List<String> taken) {
    return new RawEvents.Window(from, to, taken, subjects);
  }

  private static Instant time(JsonNode request, String field, @Nullable Instant absent) {
    JsonNode said = request.path(field);
    if (absent != null && (said.isMissingNode() || said.isNull())) {
      return millisecondAt(absent);
    }
    try {
      return millisecondAt(Envelope.time(said.isTextual() ? said.textValue() : ""));
    } catch (InvalidEnvelope e) {
      throw new ReplayRefused(400, field + " is not an RFC 3339 time such as 2026-11-19T08:00:00Z");
    }
  }

  /** The first that is not before it: the archive's times are milliseconds. */
  private static Instant millisecondAt(Instant time) {
    Instant whole = time.truncatedTo(ChronoUnit.MILLIS);
    return whole.equals(time) ? time : whole.plusMillis(1);
  }

  private static List<String> texts(JsonNode request, String field, Pattern form, String words) {
    JsonNode said = request.path(field);
    if (said.isMissingNode() || said.isNull()) {
      return List.of();
    }
    if (!said.isArray() || said.size() > MOST) {
      throw new ReplayRefused(400, "%s is a list of %d at most".formatted(field, MOST));
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode text : said) {
      if (!text.isTextual() || !form.matcher(text.textValue()).matches()) {
        throw new ReplayRefused(400, "%s: each is %s".formatted(field, words));
      }
      texts.add(text.textValue());
    }
    return texts;
  }

  private static boolean flag(JsonNode request, String field) {
    JsonNode said = request.path(field);
    if (!said.isBoolean() && !said.isMissingNode() && !said.isNull()) {
      throw new ReplayRefused(400, field + " is true or false");
    }
    return said.asBoolean(false);
  }
}
