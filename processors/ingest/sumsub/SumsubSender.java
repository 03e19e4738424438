package ingest.sumsub;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.mapping.Arrival;
import ingest.webhook.Sender;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Calls of Sumsub. They are signed without an id or a time, so anybody who has seen one may send it
 * again: the same body is the same message.
 *
 * <p>Types are Sumsub's own with dots: {@code applicantLevelChanged} is {@code
 * sumsub.applicant.level_changed}, {@code applicantActionPending} is {@code
 * sumsub.applicant_action.pending}. A test send of the webhook manager has a type of its own, which
 * nothing registers: it tells of an applicant whom nobody reviewed.
 */
public final class SumsubSender implements Sender {
  private static final Pattern TYPE =
      Pattern.compile(
          "(?<entity>applicantAction|videoIdent|kytCase|amlCase|[a-z]+)(?<event>(?:[A-Z][a-z]+)+)");
  private static final Pattern CAPITAL = Pattern.compile("(?<=[a-z])(?=[A-Z])");

  @Override
  public String source() {
    return "sumsub";
  }

  @Override
  public List<String> headers() {
    return List.of("content-type", signature(), "x-payload-digest-alg");
  }

  @Override
  public String signature() {
    return "x-payload-digest";
  }

  @Override
  public Arrival.Message message(Map<String, String> headers, byte[] body) {
    return new Arrival.Message(HexFormat.of().formatHex(sha256().digest(body)), null, null);
  }

  @Override
  public String said(Map<String, String> headers, JsonNode body) {
    return body.path("type").isTextual() ? body.path("type").textValue() : "";
  }

  @Override
  public List<String> types(Map<String, String> headers, JsonNode body) {
    Matcher type = TYPE.matcher(said(headers, body));
    if (!type.matches()) {
      return List.of();
    }
    return List.of(
        isTest(body)
            ? "sumsub.test.sent"
            : "sumsub.%s.%s".formatted(words(type.group("entity")), words(type.group("event"))));
  }

  private static boolean isTest(JsonNode body) {
    return body.path("testMode").asBoolean();
  }

  private static String words(String camelCase) {
    return CAPITAL.matcher(camelCase).replaceAll("_").toLowerCase(Locale.ROOT);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
