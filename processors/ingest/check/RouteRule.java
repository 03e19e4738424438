package ingest.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.comments.CommentType;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.CommentEvent;
import org.yaml.snakeyaml.events.Event;

/** What a folder of routes keeps to. Each rule tells what breaks it and what to do. */
enum RouteRule {
  CAMELS_SCHEMA_ACCEPTS_EVERY_FILE(CamelSchema::check),
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
  AN_EXPRESSION_CAN_BE_READ(each(Expressions::check)),
  AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS(each(EndpointOptions::check)),
  A_NAMED_BEAN_EXISTS(each(Beans::check)),
  NO_HTTP_PATH_BEGINS_WITH_PROXY(each(RouteRule::proxy)),
  NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS(RouteRule::echo),
  A_NAMED_ERROR_POLICY_EXISTS(RouteRule::errorPolicy),
  A_NAMED_SQL_FILE_EXISTS(RouteRule::sqlNamed),
  EVERY_SQL_FILE_IS_NAMED_BY_A_ROUTE(RouteRule::sqlUnused),
  A_SQL_FILE_SAYS_WHAT_IT_DOES(sql(SqlText::uncommented)),
  A_SQL_FILE_BINDS_ITS_VALUES(sql(SqlText::unbound)),
  A_TYPES_SCHEMA_IS_NAMED_BY_THE_TYPE(TypeSchemas::check);

  private static final Pattern SIMPLE =
      Pattern.compile(".*/(simple|log|toD)(/(expression|message|uri))?");
  private static final Pattern STEP_ID = Pattern.compile("/0/\\w+/(?!.*/parameters/).*/id");
  private static final Pattern SQL_FILE = Pattern.compile("file:(routes/sql/[a-z0-9-]+\\.sql)");

  @SuppressWarnings("ImmutableEnumChecker") // a function of its arguments, like all of them here
  private final BiConsumer<RouteTree, Told> check;

  RouteRule(BiConsumer<RouteTree, Told> check) {
    this.check = check;
  }

  /** What breaks this rule; empty when it is kept. */
  List<Finding> broken(RouteTree tree) {
    List<Finding> findings = new ArrayList<>();
    check.accept(
        tree,
        (file, line, message) -> findings.add(new Finding(file, line, Check.name(this), message)));
    return findings;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** A rule for single files. */
  private interface OfOne {
    void check(RouteTree tree, RouteFile file, Told told);
  }

  /** A rule for single statements. */
  private interface OfSql {
    void check(String path, String text, Told told);
  }

  private static BiConsumer<RouteTree, Told> each(OfOne rule) {
    return (tree, told) -> tree.files().forEach(f -> rule.check(tree, f, told));
  }

  private static BiConsumer<RouteTree, Told> each(BiConsumer<RouteFile, Told> rule) {
    return (tree, told) -> tree.files().forEach(f -> rule.accept(f, told));
  }

  private static BiConsumer<RouteTree, Told> sql(OfSql rule) {
    return (tree, told) ->
        tree.files(".sql").forEach(path -> rule.check(path, tree.text(path), told));
  }

  private static void oneFlow(RouteTree tree, Told told) {
    for (RouteFile file : tree.files()) {
      List<String> entries = new ArrayList<>();
      file.yaml().forEach(e -> e.fieldNames().forEachRemaining(entries::add));
      if (!entries.equals(List.of("route")) && !entries.equals(List.of("routeConfiguration"))) {
        told.at(
            file,
            entries.isEmpty() ? "" : "/1",
            "holds %s; a file holds one route".formatted(entries));
      } else if (!file.configuration().isMissingNode() && !tree.isErrors(file)) {
        told.at(file, "/0", "holds a routeConfiguration; move it to " + tree.errors());
      }
    }
  }

  private static void named(RouteFile file, Told told) {
    if (!file.id().equals(file.name())) {
      told.at(
          file,
          file.flowPointer() + "/id",
          "its id is '%s'; name the file or the flow for the other".formatted(file.id()));
    }
  }

  private record Place(RouteFile file, String pointer) {}

  private static void unique(RouteTree tree, Told told) {
    Map<String, List<Place>> places = new TreeMap<>();
    tree.files()
        .forEach(
            f ->
                places
                    .computeIfAbsent(f.id(), id -> new ArrayList<>())
                    .add(new Place(f, f.flowPointer() + "/id")));
    shared(places, told);
  }

  /** Camel refuses the second one at start. */
  private static void uniqueSteps(RouteTree tree, Told told) {
    Map<String, List<Place>> places = new TreeMap<>();
    for (RouteFile file : tree.files()) {
      file.texts(
          (pointer, text) -> {
            if (STEP_ID.matcher(pointer).matches()) {
              places.computeIfAbsent(text, id -> new ArrayList<>()).add(new Place(file, pointer));
            }
          });
    }
    shared(places, told);
  }

  private static void shared(Map<String, List<Place>> places, Told told) {
    places.forEach(
        (id, all) -> {
          Place first = all.get(0);
          for (Place other : all.subList(1, all.size())) {
            told.at(
                other.file(),
                other.pointer(),
                "the id '%s' is that of %s:%d too; give each its own"
                    .formatted(id, first.file().path(), first.file().lines().of(first.pointer())));
          }
        });
  }

  private static void described(RouteFile file, Told told) {
    if (file.flow().path("description").asText().isBlank()) {
      told.at(
          file,
          file.flowPointer() + "/description",
          "has no description; say there what the flow does");
    }
  }

  private static void roles(RouteTree tree, Told told) {
    tree.files().stream()
        .filter(f -> tree.hasRoles() && !tree.isErrors(f))
        .filter(f -> !f.route().path("precondition").asText().contains("{{role."))
        .forEach(
            f ->
                told.at(
                    f,
                    "/0/route/precondition",
                    "starts in every role; name its own: precondition: \"'{{role.…}}' == 'on'\""));
  }

  private static void comments(RouteFile file, Told told) {
    if (!file.text().startsWith("# ")) {
      told.at(file, "", "begins without a comment; say there what the flow is for");
    }
    LoaderOptions options = new LoaderOptions();
    options.setProcessComments(true);
    long top = file.text().lines().takeWhile(l -> l.startsWith("#")).count();
    try {
      for (Event event : new Yaml(options).parse(new StringReader(file.text()))) {
        if (event instanceof CommentEvent comment
            && comment.getCommentType() != CommentType.BLANK_LINE
            && comment.getStartMark().getLine() >= top) {
          told.at(
              file.path(),
              comment.getStartMark().getLine() + 1,
              "a comment, which designers drop; make it a description or a note");
        }
      }
    } catch (YAMLException e) {
      told.at(file, "", "is no YAML: " + e.getMessage());
    }
  }

  private static void choice(RouteFile file, Told told) {
    file.nodes(
        (pointer, node) -> {
          JsonNode outer = node.path("choice");
          if (outer.findValue("choice") != null) {
            told.at(
                file,
                pointer + "/choice",
                "has a choice in a choice; name a processor or a direct route instead");
          }
        });
  }

  private static void direct(RouteFile file, Told told) {
    Endpoint from = file.from();
    if (from.is("direct") && !from.path().equals(file.id())) {
      told.at(file, from, "comes from %s; make it direct:%s".formatted(from, file.id()));
    }
  }

  private static void calls(RouteTree tree, Told told) {
    Set<String> helpers =
        tree.files().stream()
            .map(RouteFile::from)
            .filter(e -> e.is("direct"))
            .map(Endpoint::path)
            .collect(Collectors.toCollection(TreeSet::new));
    tree.unreadable().forEach(f -> helpers.add(f.name()));
    for (RouteFile file : tree.files()) {
      for (Endpoint to : file.endpoints()) {
        if (to.is("direct")
            && !to.step().equals("from")
            && !to.path().contains("${")
            && !helpers.contains(to.path())) {
          told.at(
              file,
              to,
              "calls %s, and no route comes from it%s"
                  .formatted(to, Nearest.hint(to.path(), helpers)));
        }
      }
    }
  }

  private static void timer(RouteFile file, Told told) {
    Endpoint from = file.from();
    String id = Pattern.quote(file.id());
    if (from.is("quartz") && !from.path().matches("[a-z]+/" + id)) {
      told.at(
          file,
          from,
          "comes from %s; make it quartz:poll/%s, or another stage than poll"
              .formatted(from, file.id()));
    } else if (from.is("timer") && !from.path().equals(file.id())) {
      told.at(file, from, "comes from %s; make it timer:%s".formatted(from, file.id()));
    }
  }

  private static void placeholders(RouteTree tree, Told told) {
    for (RouteFile file : tree.files()) {
      file.texts(
          (pointer, text) -> {
            Matcher matcher = Values.PLACEHOLDER.matcher(text);
            while (matcher.find()) {
              String key = matcher.group(1);
              if (key.contains(":") || key.startsWith("?")) {
                told.at(
                    file,
                    pointer,
                    "{{%s}} has a default; put the value into application.properties"
                        .formatted(key));
              } else if (!tree.keys().contains(key)) {
                told.at(
                    file,
                    pointer,
                    "{{%s}} is declared nowhere; declare it in application.properties%s"
                        .formatted(key, Nearest.hint(key, tree.keys())));
              }
            }
          });
    }
  }

  private static void questionMark(RouteFile file, Told told) {
    file.texts(
        (pointer, text) -> {
          if (SIMPLE.matcher(pointer).matches() && text.contains(" ? ")) {
            told.at(
                file,
                pointer,
                Pointers.name(pointer)
                    + " has a bare ' ? ', which Camel takes for a ternary; word it otherwise");
          }
        });
  }

  private static void proxy(RouteFile file, Told told) {
    for (Endpoint endpoint : file.endpoints()) {
      if (endpoint.isServed()
          && endpoint.path().replaceFirst("^/+", "").toLowerCase(Locale.ROOT).startsWith("proxy")) {
        told.at(
            file,
            endpoint,
            endpoint + " would be an open proxy (CVE-2026-85316); name the path otherwise");
      }
    }
  }

  private static void echo(RouteTree tree, Told told) {
    Set<String> policies = new TreeSet<>();
    String missing =
        " ends with headers of the request, which go out with the answer; put removeHeaders \"*\" before the answer is set";
    for (RouteFile file : tree.files()) {
      if (file.from().isServed()) {
        if (!RequestHeaders.removed(tree, file.route().path("from").path("steps"))) {
          told.at(file, "/0/route/from", "a way through it" + missing);
        }
        policies.add(file.route().path("routeConfigurationId").asText());
      }
    }
    for (RouteFile file : tree.files()) {
      if (policies.contains(file.configuration().path("id").asText())) {
        JsonNode handlers = file.configuration().path("onException");
        for (int i = 0; i < handlers.size(); i++) {
          JsonNode on = handlers.path(i).path("onException");
          if (on.has("handled") && !RequestHeaders.removed(tree, on.path("steps"))) {
            told.at(
                file,
                "/0/routeConfiguration/onException/" + i,
                "an onException that answers" + missing);
          }
        }
      }
    }
  }

  private static void errorPolicy(RouteTree tree, Told told) {
    Set<String> policies =
        tree.files().stream()
            .map(f -> f.configuration().path("id").asText())
            .collect(Collectors.toCollection(TreeSet::new));
    tree.unreadable().forEach(f -> policies.add(f.name()));
    for (RouteFile file : tree.files()) {
      JsonNode named = file.route().path("routeConfigurationId");
      if (!named.isMissingNode() && !policies.contains(named.asText())) {
        told.at(
            file,
            "/0/route/routeConfigurationId",
            "names the error policy '%s', and there is no such file in %s%s"
                .formatted(named.asText(), tree.errors(), Nearest.hint(named.asText(), policies)));
      }
    }
  }

  private static void sqlNamed(RouteTree tree, Told told) {
    List<String> files = tree.files(".sql");
    for (RouteFile file : tree.files()) {
      for (Endpoint endpoint : file.endpoints()) {
        Matcher matcher = SQL_FILE.matcher(endpoint.path());
        if (endpoint.is("sql") && !matcher.matches()) {
          told.at(
              file,
              endpoint,
              endpoint
                  + " is not a file; put the statement into routes/sql/<stage>-<verb>.sql and name it sql:file:…");
        } else if (endpoint.is("sql") && !files.contains(matcher.group(1))) {
          told.at(
              file,
              endpoint,
              "%s does not exist%s"
                  .formatted(matcher.group(1), Nearest.hint(matcher.group(1), files)));
        }
      }
    }
  }

  /** What a file names that is no YAML counts too. */
  private static void sqlUnused(RouteTree tree, Told told) {
    Set<String> named = new TreeSet<>();
    tree.all()
        .forEach(f -> SQL_FILE.matcher(f.text()).results().forEach(r -> named.add(r.group(1))));
    tree.files(".sql").stream()
        .filter(path -> !named.contains(path))
        .forEach(
            path ->
                told.at(
                    path,
                    1,
                    "no route names it; delete it, or move it to routes/sql where they do"));
  }
}
