package ingest.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.jayway.jsonpath.InvalidPathException;
import com.jayway.jsonpath.JsonPath;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.catalog.LanguageValidationResult;
import org.apache.camel.tooling.model.BaseOptionModel;
import org.apache.camel.tooling.model.EipModel;
import org.jspecify.annotations.Nullable;

/** Has the languages that a route uses read what it says in them; nothing is evaluated. */
final class Expressions {
  /** Languages in which any text is right, or which other rules look at. */
  private static final Set<String> ANY_TEXT =
      Set.of("constant", "header", "variable", "exchangeProperty", "method", "ref", "tokenize");

  private static final Pattern PATH = Pattern.compile("\\$\\{jsonpath\\(([^{}]*)\\)}");

  private final RouteTree tree;
  private final RouteFile file;
  private final Told told;

  private Expressions(RouteTree tree, RouteFile file, Told told) {
    this.tree = tree;
    this.file = file;
    this.told = told;
  }

  static void check(RouteTree tree, RouteFile file, Told told) {
    Expressions expressions = new Expressions(tree, file, told);
    Set<String> languages = languages();
    file.nodes(
        (pointer, node) -> {
          if (!pointer.endsWith("/parameters")) {
            for (Map.Entry<String, JsonNode> property : node.properties()) {
              expressions.look(languages, pointer, property.getKey(), property.getValue());
            }
          }
        });
  }

  /** As a filter may use them. */
  private static Set<String> languages() {
    EipModel filter = Catalog.CAMEL.eipModel("filter");
    return filter == null
        ? Set.of()
        : filter.getOptions().stream()
            .filter(o -> o.getName().equals("expression"))
            .flatMap(o -> o.getOneOfs().stream())
            .collect(Collectors.toSet());
  }

  private void look(Set<String> languages, String pointer, String name, JsonNode value) {
    String at = pointer + "/" + name;
    if (languages.contains(name) && !ANY_TEXT.contains(name)) {
      boolean spelledOut = value.path("expression").isTextual();
      JsonNode text = spelledOut ? value.path("expression") : value;
      if (text.isTextual()) {
        read(name, spelledOut ? at + "/expression" : at, text.asText(), isPredicate(pointer));
      }
    } else if (name.equals("precondition") && value.isTextual()) {
      read("simple", at, value.asText(), true);
    } else if (name.equals("log")) {
      boolean spelledOut = value.path("message").isTextual();
      JsonNode text = spelledOut ? value.path("message") : value;
      if (text.isTextual()) {
        read("simple", spelledOut ? at + "/message" : at, text.asText(), false);
      }
    }
  }

  /** Whether the step that the expression belongs to asks for yes or no. */
  private boolean isPredicate(String expression) {
    String pointer = expression.endsWith("/expression") ? Pointers.outer(expression) : expression;
    if (file.yaml().at(pointer).path("doWhile").asBoolean()) {
      return true;
    }
    String own = Pointers.name(pointer);
    String around = Pointers.name(Pointers.outer(pointer));
    return asks(own, "expression") || asks(around, own);
  }

  private static boolean asks(String step, String option) {
    EipModel model = Catalog.CAMEL.eipModel(step);
    return model != null
        && model.getOptions().stream()
            .filter(o -> o.getName().equals(option))
            .anyMatch(BaseOptionModel::isAsPredicate);
  }

  private void read(String language, String pointer, String written, boolean predicate) {
    String text = tree.values().in(written);
    if (text.startsWith("resource:") || (language.equals("simple") && text.contains(" ? "))) {
      return; // another rule tells the question mark better
    }
    String why =
        switch (language) {
          case "jsonpath" -> jsonpath(text);
          case "simple" -> simple(text, predicate);
          default -> camel(language, text, predicate);
        };
    if (why != null) {
      told.at(
          file,
          pointer,
          "%s cannot read '%s': %s"
              .formatted(language, written, why.lines().findFirst().orElse("")));
    }
  }

  /** Paths inside of it are read apart: Camel would need a context for them. */
  private static @Nullable String simple(String text, boolean predicate) {
    Matcher path = PATH.matcher(text);
    while (path.find()) {
      String why = jsonpath(path.group(1));
      if (why != null) {
        return why;
      }
    }
    return camel("simple", path.replaceAll(Matcher.quoteReplacement("${body}")), predicate);
  }

  private static @Nullable String camel(String language, String text, boolean predicate) {
    ClassLoader loader = Expressions.class.getClassLoader();
    LanguageValidationResult result =
        predicate
            ? Catalog.CAMEL.validateLanguagePredicate(loader, language, text)
            : Catalog.CAMEL.validateLanguageExpression(loader, language, text);
    return result.getShortError() == null ? result.getError() : result.getShortError();
  }

  /**
   * Camel has it read by the first message; a path without {@code $} is a short form of its own.
   */
  private static @Nullable String jsonpath(String text) {
    if (text.startsWith("$") && !text.contains("${")) {
      try {
        JsonPath.compile(text);
      } catch (InvalidPathException e) {
        return String.valueOf(e.getMessage());
      }
    }
    return null;
  }
}
