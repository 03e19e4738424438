package ingest.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Persons;
import ingest.erasure.Erasures;
import ingest.operation.Actor;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /admin/erasures}: begins the erasure of a person. Who it is stands nowhere but in
 * {@code ingest.erasure}, and there until it is done.
 */
public final class EraseApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 50;

  /** A subject as envelopes have it. */
  private static final Pattern SUBJECT =
      Pattern.compile("[a-z0-9][a-z0-9-]{0,39}:[\\x21-\\x7e]{1,150}");

  private static final Pattern APPLICANT = Pattern.compile("[0-9A-Za-z_-]{1,100}");
  private static final Pattern EMAIL = Pattern.compile("[^\\s@]{1,64}@[^\\s@]{1,190}");

  private final Erasures erasures;

  public EraseApi(Erasures erasures) {
    this.erasures = erasures;
  }

  public String begin(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException {
    JsonNode request = Requests.object(body);
    Set<String> identities = new TreeSet<>();
    add(identities, request, "subjects", SUBJECT, subject -> subject);
    add(identities, request, "applicants", APPLICANT, applicant -> "sumsub:" + applicant);
    add(identities, request, "emails", EMAIL, Persons::email);
    for (JsonNode name : request.path("names")) {
      if (name.asText().length() < 3 || !Persons.isName(name.asText())) {
        throw new AdminRefusal(400, "a name is one word of three characters or more");
      }
      identities.add(Persons.name(name.asText()));
    }
    if (identities.isEmpty()) {
      throw new AdminRefusal(400, "subjects, applicants, emails or names say who is meant");
    }
    if (identities.size() > MOST) {
      throw new AdminRefusal(400, "a person has at most " + MOST + " identities");
    }
    long operation =
        erasures.begin(
            identities, request.path("dry_run").asBoolean(false), Actor.of(holder, request));
    return JSON.createObjectNode().put("operation", operation).toString();
  }

  private static void add(
      Set<String> identities,
      JsonNode request,
      String field,
      Pattern pattern,
      UnaryOperator<String> identity) {
    for (JsonNode value : request.path(field)) {
      if (!pattern.matcher(value.asText()).matches()) {
        throw new AdminRefusal(400, "one of " + field + " is malformed");
      }
      identities.add(identity.apply(value.asText()));
    }
  }
}
