package ingest.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Camel's own JSON Schema of its YAML, as editors use it. It has 800 kB, so it is read once. */
final class CamelSchema {
  private static final JsonSchema SCHEMA = load();

  /** Violations that are told of one file: behind a wrong step there are often dozens. */
  private static final int MOST_TOLD = 5;

  private CamelSchema() {}

  static void check(RouteTree tree, Told told) {
    for (RouteFile file : tree.all()) {
      RouteFile.Unreadable unreadable = file.unreadable();
      if (unreadable != null) {
        told.at(file.path(), unreadable.line(), "is no YAML: " + unreadable.why());
      } else {
        List<ValidationMessage> all =
            SCHEMA.validate(file.yaml()).stream().filter(v -> !isPlaceholder(v)).toList();
        all.stream()
            .filter(v -> !isToldBetter(v, all))
            .limit(MOST_TOLD)
            .forEach(v -> tell(file, v, told));
      }
    }
  }

  /** A placeholder stands where a number does; what it stands for is looked at elsewhere. */
  private static boolean isPlaceholder(ValidationMessage violation) {
    return violation.getType().equals("type")
        && Values.PLACEHOLDER.matcher(violation.getInstanceNode().asText()).matches();
  }

  /** That no alternative fits says less than why one does not. */
  private static boolean isToldBetter(ValidationMessage violation, List<ValidationMessage> all) {
    String place = place(violation);
    boolean anyOther = all.stream().anyMatch(v -> !isOfAlternatives(v) && isAt(place, v));
    return switch (violation.getType()) {
      case "oneOf", "anyOf" -> anyOther;
      case "type" -> all.stream().anyMatch(v -> place(v).startsWith(place + "/"));
      case "required" ->
          all.stream()
              .anyMatch(v -> isUnknown(v) && v.getInstanceLocation().toString().equals(place));
      default -> false;
    };
  }

  private static boolean isOfAlternatives(ValidationMessage violation) {
    return violation.getType().equals("oneOf") || violation.getType().equals("anyOf");
  }

  private static boolean isAt(String place, ValidationMessage violation) {
    return place(violation).equals(place) || place(violation).startsWith(place + "/");
  }

  private static boolean isUnknown(ValidationMessage violation) {
    return violation.getType().equals("additionalProperties");
  }

  private static String place(ValidationMessage violation) {
    String place = violation.getInstanceLocation().toString();
    return isUnknown(violation) ? place + "/" + violation.getProperty() : place;
  }

  private static void tell(RouteFile file, ValidationMessage violation, Told told) {
    String place = place(violation);
    String around = violation.getInstanceLocation().toString();
    String name = Pointers.name(place);
    String message =
        switch (violation.getType()) {
          case "additionalProperties" ->
              "%s '%s'%s"
                  .formatted(
                      around.matches(".*/steps/[0-9]+")
                          ? "there is no step"
                          : Pointers.name(around) + " has no",
                      name,
                      Nearest.hint(name, known(violation)));
          case "required" -> "%s needs '%s'".formatted(name, violation.getProperty());
          default ->
              "%s: %s".formatted(name, violation.getMessage().substring(around.length() + 2));
        };
    told.at(file, place, message);
  }

  /** What may stand where an unknown name does. */
  private static Set<String> known(ValidationMessage violation) {
    String location = violation.getSchemaLocation().getFragment().toString();
    JsonNode properties = SCHEMA.getSchemaNode().at(Pointers.outer(location)).path("properties");
    Set<String> names = new TreeSet<>();
    properties.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static JsonSchema load() {
    try (InputStream schema =
        Objects.requireNonNull(
            CamelSchema.class.getResourceAsStream("/schema/camelYamlDsl.json"))) {
      JsonMetaSchema dialect =
          JsonMetaSchema.builder(JsonMetaSchema.getV4())
              .keyword(new NonValidationKeyword("deprecated"))
              .build();
      return JsonSchemaFactory.getInstance(VersionFlag.V4, b -> b.metaSchema(dialect))
          .getSchema(
              schema,
              SchemaValidatorsConfig.builder()
                  .pathType(PathType.JSON_POINTER)
                  .locale(Locale.ROOT)
                  .build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
