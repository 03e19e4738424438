package ingest.guards;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.comments.CommentType;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.CommentEvent;
import org.yaml.snakeyaml.events.Event;

/** What a folder of routes keeps to. Each rule tells what breaks it: the file, then what to do. */
enum RouteRule {
  CAMELS_SCHEMA_ACCEPTS_EVERY_FILE(each(RouteRule::schema)),
  A_FILE_HOLDS_ONE_FLOW(RouteRule::oneFlow),
  A_FILE_IS_NAMED_FOR_ITS_FLOW(each(RouteRule::named)),
  IDS_ARE_UNIQUE(RouteRule::unique),
  STEP_IDS_ARE_UNIQUE_OVER_ALL_ROUTES(RouteRule::uniqueSteps),
  EVERY_FLOW_HAS_A_DESCRIPTION(each(RouteRule::described)),
  EVERY_ROUTE_SAYS_IN_WHICH_ROLES_IT_STARTS(RouteRule::roles),
  COMMENTS_STAND_ABOVE_THE_FIRST_LINE(each(RouteRule::comments)),
  A_CHOICE_IS_ONE_LEVEL_DEEP(each(RouteRule::choice)),
  A_HELPER_ROUTE_IS_CALLED_BY_ITS_ID(each(RouteRule::direct)),
  A_CALLED_ROUTE_EXISTS(RouteRule::calls),
  A_TIMER_IS_NAMED_FOR_ITS_ROUTE(each(RouteRule::timer)),
  A_PLACEHOLDER_IS_DECLARED_AND_HAS_NO_DEFAULT(RouteRule::placeholders),
  SIMPLE_TEXTS_HAVE_NO_BARE_QUESTION_MARK(each(RouteRule::questionMark)),
  NO_HTTP_PATH_BEGINS_WITH_PROXY(each(RouteRule::proxy)),
  NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS(RouteRule::echo),
  A_NAMED_ERROR_POLICY_EXISTS(RouteRule::errorPolicy),
  A_NAMED_SQL_FILE_EXISTS(RouteRule::sqlNamed),
  EVERY_SQL_FILE_IS_NAMED_BY_A_ROUTE(RouteRule::sqlUnused),
  A_SQL_FILE_SAYS_WHAT_IT_DOES(sql(SqlText::uncommented)),
  A_SQL_FILE_BINDS_ITS_VALUES(sql(SqlText::unbound)),
  A_TYPES_SCHEMA_IS_NAMED_BY_THE_TYPE(RouteRule::types);

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(.*?)}}");
  private static final Pattern SIMPLE =
      Pattern.compile(".*/(simple|log|toD)(/(expression|message|uri))?");
  private static final Pattern STEP_ID = Pattern.compile("/0/\\w+/(?!.*/parameters/).*/id");
  private static final Pattern SQL_FILE = Pattern.compile("file:(routes/sql/[a-z0-9-]+\\.sql)");

  /** Violations that are told of one file: behind a wrong step there are often dozens. */
  private static final int MOST_TOLD = 5;

  @SuppressWarnings("ImmutableEnumChecker") // a function of its argument, like all of them here
  private final Function<RouteTree, List<String>> check;

  RouteRule(Function<RouteTree, List<String>> check) {
    this.check = check;
  }

  /** What breaks this rule, one line each; empty when it is kept. */
  List<String> broken(RouteTree tree) {
    return check.apply(tree);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static Function<RouteTree, List<String>> each(
      BiConsumer<RouteFile, Consumer<String>> rule) {
    return tree -> {
      List<String> told = new ArrayList<>();
      tree.files().forEach(f -> rule.accept(f, what -> told.add(f.path() + ": " + what)));
      return told;
    };
  }

  private static Function<RouteTree, List<String>> sql(Function<String, List<String>> rule) {
    return tree ->
        tree.files(".sql").stream()
            .flatMap(path -> rule.apply(tree.text(path)).stream().map(what -> path + what))
            .toList();
  }

  private static void schema(RouteFile file, Consumer<String> told) {
    if (file.unreadable() != null) {
      told.accept("is no YAML: " + file.unreadable());
      return;
    }
    CamelSchema.SCHEMA.validate(file.yaml()).stream()
        .filter(v -> !isPlaceholder(v))
        .limit(MOST_TOLD)
        .map(ValidationMessage::getMessage)
        .forEach(told);
  }

  /** A placeholder stands where a number does; what it stands for is not known here. */
  private static boolean isPlaceholder(ValidationMessage violation) {
    return violation.getType().equals("type")
        && PLACEHOLDER.matcher(violation.getInstanceNode().asText()).matches();
  }

  private static List<String> oneFlow(RouteTree tree) {
    List<String> told = new ArrayList<>();
    for (RouteFile file : tree.files()) {
      List<String> entries = new ArrayList<>();
      file.yaml().forEach(e -> e.fieldNames().forEachRemaining(entries::add));
      if (!entries.equals(List.of("route")) && !entries.equals(List.of("routeConfiguration"))) {
        told.add("%s: holds %s; a file holds one route".formatted(file.path(), entries));
      } else if (!file.configuration().isMissingNode() && !tree.isErrors(file)) {
        told.add(
            "%s: holds a routeConfiguration; move it to %s".formatted(file.path(), tree.errors()));
      }
    }
    return told;
  }

  private static void named(RouteFile file, Consumer<String> told) {
    if (!file.id().equals(file.name())) {
      told.accept("its id is '%s'; name the file or the flow for the other".formatted(file.id()));
    }
  }

  private static List<String> unique(RouteTree tree) {
    Map<String, List<String>> places = new TreeMap<>();
    tree.files()
        .forEach(f -> places.computeIfAbsent(f.id(), id -> new ArrayList<>()).add(f.path()));
    return shared(places);
  }

  /** Camel refuses the second one at start. */
  private static List<String> uniqueSteps(RouteTree tree) {
    Map<String, List<String>> places = new TreeMap<>();
    for (RouteFile file : tree.files()) {
      file.texts(
          (pointer, text) -> {
            if (STEP_ID.matcher(pointer).matches()) {
              places
                  .computeIfAbsent(text, id -> new ArrayList<>())
                  .add(file.path() + " " + pointer);
            }
          });
    }
    return shared(places);
  }

  private static List<String> shared(Map<String, List<String>> places) {
    return places.entrySet().stream()
        .filter(e -> e.getValue().size() > 1)
        .map(
            e ->
                "%s: the id '%s' is theirs alike; give each its own"
                    .formatted(String.join(", ", e.getValue()), e.getKey()))
        .toList();
  }

  private static void described(RouteFile file, Consumer<String> told) {
    if (file.flow().path("description").asText().isBlank()) {
      told.accept("has no description; say there what the flow does");
    }
  }

  private static List<String> roles(RouteTree tree) {
    return tree.files().stream()
        .filter(f -> tree.hasRoles() && !tree.isErrors(f))
        .filter(f -> !f.route().path("precondition").asText().contains("{{role."))
        .map(
            f ->
                f.path()
                    + ": starts in every role; name its own: precondition: \"'{{role.…}}' == 'on'\"")
        .toList();
  }

  private static void comments(RouteFile file, Consumer<String> told) {
    if (!file.text().startsWith("# ")) {
      told.accept("begins without a comment; say there what the flow is for");
    }
    LoaderOptions options = new LoaderOptions();
    options.setProcessComments(true);
    long top = file.text().lines().takeWhile(l -> l.startsWith("#")).count();
    try {
      for (Event event : new Yaml(options).parse(new StringReader(file.text()))) {
        if (event instanceof CommentEvent comment
            && comment.getCommentType() != CommentType.BLANK_LINE
            && comment.getStartMark().getLine() >= top) {
          told.accept(
              "line %d has a comment, which designers drop; make it a description or a note"
                  .formatted(comment.getStartMark().getLine() + 1));
        }
      }
    } catch (YAMLException e) {
      told.accept("is no YAML: " + e.getMessage());
    }
  }

  private static void choice(RouteFile file, Consumer<String> told) {
    for (JsonNode outer : file.yaml().findValues("choice")) {
      if (outer.findValue("choice") != null) {
        told.accept("has a choice in a choice; name a processor or a direct route instead");
      }
    }
  }

  private static void direct(RouteFile file, Consumer<String> told) {
    Endpoint from = Endpoint.of(file.route().path("from"));
    if (from.is("direct") && !from.path().equals(file.id())) {
      told.accept("comes from %s; make it direct:%s".formatted(from, file.id()));
    }
  }

  private static List<String> calls(RouteTree tree) {
    Set<String> helpers =
        tree.files().stream()
            .map(f -> Endpoint.of(f.route().path("from")))
            .filter(e -> e.is("direct"))
            .map(Endpoint::path)
            .collect(Collectors.toSet());
    List<String> told = new ArrayList<>();
    for (RouteFile file : tree.files()) {
      for (Endpoint to : file.endpoints()) {
        if (to.is("direct") && !to.path().contains("${") && !helpers.contains(to.path())) {
          told.add("%s: calls %s, and no route comes from it".formatted(file.path(), to));
        }
      }
    }
    return told;
  }

  private static void timer(RouteFile file, Consumer<String> told) {
    Endpoint from = Endpoint.of(file.route().path("from"));
    String id = Pattern.quote(file.id());
    if (from.is("quartz") && !from.path().matches("[a-z]+/" + id)) {
      told.accept(
          "comes from %s; make it quartz:poll/%s, or another stage than poll"
              .formatted(from, file.id()));
    } else if (from.is("timer") && !from.path().equals(file.id())) {
      told.accept("comes from %s; make it timer:%s".formatted(from, file.id()));
    }
  }

  private static List<String> placeholders(RouteTree tree) {
    List<String> told = new ArrayList<>();
    for (RouteFile file : tree.files()) {
      file.texts(
          (pointer, text) -> {
            Matcher matcher = PLACEHOLDER.matcher(text);
            while (matcher.find()) {
              String key = matcher.group(1);
              String where = "%s: {{%s}} at %s ".formatted(file.path(), key, pointer);
              if (key.contains(":") || key.startsWith("?")) {
                told.add(where + "has a default; put the value into application.properties");
              } else if (!tree.keys().contains(key)) {
                told.add(where + "is declared nowhere; declare it in application.properties");
              }
            }
          });
    }
    return told;
  }

  private static void questionMark(RouteFile file, Consumer<String> told) {
    file.texts(
        (pointer, text) -> {
          if (SIMPLE.matcher(pointer).matches() && text.contains(" ? ")) {
            told.accept(
                pointer + " has a bare ' ? ', which Camel takes for a ternary; word it otherwise");
          }
        });
  }

  private static void proxy(RouteFile file, Consumer<String> told) {
    for (Endpoint endpoint : file.endpoints()) {
      if (endpoint.isServed()
          && endpoint.path().replaceFirst("^/+", "").toLowerCase(Locale.ROOT).startsWith("proxy")) {
        told.accept(endpoint + " would be an open proxy (CVE-2026-85316); name the path otherwise");
      }
    }
  }

  private static List<String> echo(RouteTree tree) {
    Set<String> told = new TreeSet<>();
    for (RouteFile file : tree.files()) {
      JsonNode from = file.route().path("from");
      if (!Endpoint.of(from).isServed()) {
        continue;
      }
      String missing =
          " ends with headers of the request, which go out with the answer; put removeHeaders \"*\" before the answer is set";
      if (!RequestHeaders.removed(tree, from.path("steps"))) {
        told.add(file.path() + ": a way through it" + missing);
      }
      String policy = file.route().path("routeConfigurationId").asText();
      for (RouteFile other : tree.files()) {
        if (other.configuration().path("id").asText().equals(policy)) {
          for (JsonNode handler : other.configuration().path("onException")) {
            JsonNode on = handler.path("onException");
            if (on.has("handled") && !RequestHeaders.removed(tree, on.path("steps"))) {
              told.add(other.path() + ": an onException that answers" + missing);
            }
          }
        }
      }
    }
    return List.copyOf(told);
  }

  private static List<String> errorPolicy(RouteTree tree) {
    Set<String> policies =
        tree.files().stream()
            .map(f -> f.configuration().path("id").asText())
            .collect(Collectors.toSet());
    List<String> told = new ArrayList<>();
    for (RouteFile file : tree.files()) {
      JsonNode named = file.route().path("routeConfigurationId");
      if (!named.isMissingNode() && !policies.contains(named.asText())) {
        told.add(
            "%s: names the error policy '%s', and there is no such file in %s"
                .formatted(file.path(), named.asText(), tree.errors()));
      }
    }
    return told;
  }

  private static List<String> sqlNamed(RouteTree tree) {
    List<String> files = tree.files(".sql");
    List<String> told = new ArrayList<>();
    for (RouteFile file : tree.files()) {
      for (Endpoint endpoint : file.endpoints()) {
        Matcher matcher = SQL_FILE.matcher(endpoint.path());
        if (endpoint.is("sql") && !matcher.matches()) {
          told.add(
              "%s: %s is not a file; put the statement into routes/sql/<stage>-<verb>.sql and name it sql:file:…"
                  .formatted(file.path(), endpoint));
        } else if (endpoint.is("sql") && !files.contains(matcher.group(1))) {
          told.add("%s: %s does not exist".formatted(file.path(), matcher.group(1)));
        }
      }
    }
    return told;
  }

  private static List<String> sqlUnused(RouteTree tree) {
    Set<String> named = new TreeSet<>();
    for (RouteFile file : tree.files()) {
      file.texts(
          (pointer, text) -> SQL_FILE.matcher(text).results().forEach(r -> named.add(r.group(1))));
    }
    return tree.files(".sql").stream()
        .filter(path -> !named.contains(path))
        .map(
            path -> path + ": no route names it; delete it, or move it to routes/sql where they do")
        .toList();
  }

  /** The product reads them by the same rule; here it fails the build and not the start. */
  private static List<String> types(RouteTree tree) {
    if (tree.files(".json").isEmpty()) {
      return List.of();
    }
    List<String> told = new ArrayList<>();
    tree.files(".json").stream()
        .filter(path -> !path.endsWith(".schema.json"))
        .forEach(path -> told.add(path + ": a schema is called <type>.schema.json"));
    try {
      EventTypes.load(tree.root().resolve(tree.folder()));
    } catch (InvalidSchema e) {
      told.addAll(String.valueOf(e.getMessage()).lines().toList());
    }
    return told;
  }

  /** Camel's own, as editors use it; 800 kB, so it is read once. */
  private static final class CamelSchema {
    static final JsonSchema SCHEMA = load();

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
}
