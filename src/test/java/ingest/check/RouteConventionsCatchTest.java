package ingest.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A sound tree of routes, in which one thing at a time is broken. */
final class RouteConventionsCatchTest {
  private static final String POLL = "routes/acme/acme-things.camel.yaml";
  private static final String HELPER = "routes/acme/acme-fetch.camel.yaml";
  private static final String HTTP = "routes/api/things.camel.yaml";
  private static final String POLICY = "routes/errors/answer-400.camel.yaml";
  private static final String SQL = "routes/sql/things-claim.sql";
  private static final String TYPE = "routes/acme/acme.thing.seen.schema.json";

  @TempDir Path root;

  @BeforeEach
  void plant_a_sound_tree() throws IOException {
    write(
        "application.properties",
        """
        # POLL_ACME_THINGS_CRON: when
        poll.acme-things.cron = 0 * * * * ?
        # ACME_RETRIES: further tries
        acme.retries = 2
        """);
    write(
        POLL,
        """
        # Things that are due.
        - route:
            id: acme-things
            description: Polls the things that are due
            precondition: "'{{role.ingest}}' == 'on'"
            from:
              uri: quartz:poll/acme-things
              parameters:
                cron: "{{poll.acme-things.cron}}"
              steps:
                - to:
                    id: claim-things
                    uri: sql:file:routes/sql/things-claim.sql
                    parameters:
                      dataSource: "#dm"
                - choice:
                    when:
                      - simple: "${body.size} > 0"
                        steps:
                          - to: direct:acme-fetch
        """);
    write(
        HELPER,
        """
        # One page of things.
        - route:
            id: acme-fetch
            description: Asks for one page
            precondition: "'{{role.ingest}}' == 'on'"
            from:
              uri: direct:acme-fetch
              steps:
                - log: "fetching ${body} of ${jsonpath($.size)}"
        """);
    write(
        HTTP,
        """
        # Things, asked for.
        - route:
            id: things
            description: Answers things
            precondition: "'{{role.ingest}}' == 'on'"
            routeConfigurationId: answer-400
            from:
              uri: platform-http:/api/things
              steps:
                - choice:
                    when:
                      - simple: "${header.bad} != null"
                        steps:
                          - toD: "direct:refuse-${header.bad}"
                    otherwise:
                      steps:
                        - to: direct:acme-fetch
                        - removeHeaders:
                            pattern: "*"
                        - setHeader:
                            name: Content-Type
                            constant: application/json
        """);
    write(
        "routes/api/refuse-it.camel.yaml",
        """
        # A refusal.
        - route:
            id: refuse-it
            description: Answers 403
            precondition: "'{{role.ingest}}' == 'on'"
            from:
              uri: direct:refuse-it
              steps:
                - removeHeaders:
                    id: nothing-of-it
                    pattern: "*"
                - setHeader:
                    name: CamelHttpResponseCode
                    constant: "403"
        """);
    write(
        POLICY,
        """
        # What is said to a call that cannot be read.
        - routeConfiguration:
            id: answer-400
            description: Answers 400
            onException:
              - onException:
                  exception:
                    - java.lang.IllegalArgumentException
                  handled:
                    constant: "true"
                  redeliveryPolicy:
                    maximumRedeliveries: "{{acme.retries}}"
                  steps:
                    - removeHeaders:
                        pattern: "*"
                    - setHeader:
                        name: CamelHttpResponseCode
                        constant: "400"
        """);
    write(
        SQL,
        """
        -- Claims things that are due; what is :#this, ::this and {{this}} here does not matter.
        SELECT id, CAST(:#limit AS int), a[1:2], '10:30'
          -- and here neither: ?
        FROM thing WHERE at < :#${exchangeProperty.at}
        """);
    write(
        TYPE,
        """
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "acme.thing.seen/1",
         "source": "acme", "pii": "none", "type": "object"}
        """);
  }

  static Stream<Arguments> breaks() {
    return Stream.of(
        arguments("CAMELS_SCHEMA_ACCEPTS_EVERY_FILE", HELPER, "steps:", "stepz:", "stepz"),
        arguments(
            "CAMELS_SCHEMA_ACCEPTS_EVERY_FILE",
            POLICY,
            "{{acme.retries}}",
            "2",
            POLICY + ":12: maximumRedeliveries"),
        arguments(
            "CAMELS_SCHEMA_ACCEPTS_EVERY_FILE", HTTP, "\"*\"", "7", ":19: pattern: integer found"),
        arguments(
            "CAMELS_SCHEMA_ACCEPTS_EVERY_FILE", HELPER, "id: acme-fetch", "id: [", "is no YAML"),
        arguments(
            "CAMELS_SCHEMA_ACCEPTS_EVERY_FILE",
            HELPER,
            "- log:",
            "- lag:",
            HELPER + ":9: there is no step 'lag'; did you mean log?"),
        arguments(
            "A_FILE_HOLDS_ONE_FLOW",
            HELPER,
            "# One page of things.\n",
            "# One.\n- beans:\n    - name: a\n      type: b\n",
            "[beans, route]"),
        arguments(
            "A_FILE_HOLDS_ONE_FLOW",
            HELPER,
            "route:",
            "routeConfiguration:",
            "move it to routes/errors"),
        arguments("A_FILE_IS_NAMED_FOR_ITS_FLOW", HELPER, "id: acme-fetch", "id: fetch", "'fetch'"),
        arguments(
            "A_FILE_IS_NAMED_FOR_ITS_FLOW", POLICY, "id: answer-400", "id: answers", "'answers'"),
        arguments("IDS_ARE_UNIQUE", HELPER, "id: acme-fetch", "id: acme-things", POLL),
        arguments("EVERY_FLOW_HAS_A_DESCRIPTION", HELPER, "description: ", "note: ", "description"),
        arguments(
            "STEP_IDS_ARE_UNIQUE_OVER_ALL_ROUTES",
            POLL,
            "id: claim-things",
            "id: nothing-of-it",
            "'nothing-of-it'"),
        arguments(
            "EVERY_FLOW_HAS_A_DESCRIPTION",
            POLICY,
            "description: Answers 400",
            "description: ''",
            "description"),
        arguments(
            "COMMENTS_STAND_ABOVE_THE_FIRST_LINE", HELPER, "# One page of things.\n", "", "begins"),
        arguments(
            "COMMENTS_STAND_ABOVE_THE_FIRST_LINE",
            HELPER,
            "      steps:",
            "      steps: # these",
            HELPER + ":8: a comment"),
        arguments(
            "COMMENTS_STAND_ABOVE_THE_FIRST_LINE",
            HELPER,
            "      steps:",
            "      # these\n      steps:",
            HELPER + ":8: a comment"),
        arguments(
            "EVERY_ROUTE_SAYS_IN_WHICH_ROLES_IT_STARTS", HELPER, "{{role.ingest}}", "on", HELPER),
        arguments(
            "A_TIMER_IS_NAMED_FOR_ITS_ROUTE",
            POLL,
            "quartz:poll/acme-things",
            "timer:things",
            "timer:acme-things"),
        arguments(
            "NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS",
            HTTP,
            "- setHeader:",
            "- to: \"{{acme.url}}/things\"\n                - setHeader:",
            HTTP),
        arguments(
            "A_CHOICE_IS_ONE_LEVEL_DEEP",
            POLL,
            "- to: direct:acme-fetch",
            "- choice: {when: [{simple: '1', steps: [{stop: {}}]}]}",
            "choice"),
        arguments(
            "A_HELPER_ROUTE_IS_CALLED_BY_ITS_ID",
            HELPER,
            "uri: direct:acme-fetch",
            "uri: direct:fetch",
            "direct:acme-fetch"),
        arguments(
            "A_HELPER_ROUTE_IS_CALLED_BY_ITS_ID",
            HELPER,
            "uri: direct:acme-fetch",
            "uri: direct\n      parameters: {name: fetch}",
            "comes from direct:fetch"),
        arguments(
            "A_CALLED_ROUTE_EXISTS",
            POLL,
            "direct:acme-fetch",
            "direct:acme-fletch",
            "direct:acme-fletch"),
        arguments(
            "A_TIMER_IS_NAMED_FOR_ITS_ROUTE",
            POLL,
            "quartz:poll/acme-things",
            "quartz:poll/things",
            "quartz:poll/acme-things"),
        arguments(
            "A_TIMER_IS_NAMED_FOR_ITS_ROUTE",
            POLL,
            "quartz:poll/acme-things",
            "quartz:acme-things",
            "quartz:poll/acme-things"),
        arguments(
            "A_PLACEHOLDER_IS_DECLARED_AND_HAS_NO_DEFAULT",
            POLL,
            "things.cron}}",
            "thing.cron}}",
            "{{poll.acme-thing.cron}}"),
        arguments(
            "A_PLACEHOLDER_IS_DECLARED_AND_HAS_NO_DEFAULT",
            POLL,
            "things.cron}}",
            "things.cron:never}}",
            "default"),
        arguments(
            "A_PLACEHOLDER_IS_DECLARED_AND_HAS_NO_DEFAULT", POLL, "{{poll", "{{?poll", "default"),
        arguments(
            "SIMPLE_TEXTS_HAVE_NO_BARE_QUESTION_MARK",
            HELPER,
            "fetching",
            "why ? fetching",
            HELPER + ":9: log has a bare"),
        arguments(
            "SIMPLE_TEXTS_HAVE_NO_BARE_QUESTION_MARK",
            POLL,
            "} > 0",
            "} > 0 ? 1 : 2",
            POLL + ":18: simple has a bare"),
        arguments(
            "AN_EXPRESSION_CAN_BE_READ",
            POLL,
            "${body.size} > 0",
            "${body.size} >> 0",
            POLL + ":18: simple cannot read '${body.size} >> 0'"),
        arguments(
            "AN_EXPRESSION_CAN_BE_READ",
            HELPER,
            "${body}",
            "${bidy}",
            HELPER
                + ":9: simple cannot read 'fetching ${bidy} of ${jsonpath($.size)}': Unknown function: bidy"),
        arguments(
            "AN_EXPRESSION_CAN_BE_READ",
            POLL,
            "'{{role.ingest}}' == 'on'",
            "'{{role.ingest}}' = 'on'",
            POLL + ":5: simple cannot read"),
        arguments(
            "AN_EXPRESSION_CAN_BE_READ",
            POLL,
            "simple: \"${body.size} > 0\"",
            "jq: .size",
            POLL + ":18: jq cannot read '.size': Unknown language jq"),
        arguments(
            "AN_EXPRESSION_CAN_BE_READ",
            POLL,
            "simple: \"${body.size} > 0\"",
            "jsonpath: \"$.things[0\"",
            POLL + ":18: jsonpath cannot read '$.things[0'"),
        arguments(
            "AN_EXPRESSION_CAN_BE_READ",
            POLL,
            "${body.size} > 0",
            "${jsonpath($.size[0)} > 0",
            POLL + ":18: simple cannot read '${jsonpath($.size[0)} > 0'"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            POLL,
            "uri: quartz",
            "uri: quarz",
            POLL + ":7: there is no component 'quarz' in this build; did you mean quartz?"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            POLL,
            "cron: ",
            "cronn: ",
            POLL + ":9: quartz has no option 'cronn'; did you mean cron?"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            POLL,
            "quartz:poll/acme-things",
            "quartz:poll/acme-things?cronn=x",
            POLL + ":7: quartz has no option 'cronn'"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            "application.properties",
            "0 * * * * ?",
            "every minute",
            "application.properties:2: quartz's option 'cron' is 'every minute', not a time table"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            POLL,
            "\"{{poll.acme-things.cron}}\"",
            "0 * *",
            POLL + ":9: quartz's option 'cron' is '0 * *'"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            POLL,
            "cron: ",
            "stateful: maybe\n        cron: ",
            POLL + ":9: quartz's option 'stateful' is 'maybe', not true or false"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            POLL,
            "\"#dm\"",
            "dm",
            POLL + ":15: sql's option 'dataSource' is 'dm', not a bean's name, as #name"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            POLL,
            "to: direct:acme-fetch",
            "to: platform-http:/api/things",
            POLL + ":20: platform-http cannot be sent to, only read from"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            HTTP,
            "uri: platform-http:/api/things",
            "uri: lane:http\n      parameters: {worker: 2}",
            HTTP + ":9: lane has no option 'worker'; did you mean workers?"),
        arguments(
            "AN_ENDPOINTS_COMPONENT_KNOWS_ITS_OPTIONS",
            HTTP,
            "uri: platform-http:/api/things",
            "uri: management:/api/things\n      parameters: {consums: x}",
            HTTP + ":9: management has no option 'consums'; did you mean consumes?"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "\"#dm\"",
            "\"#dmm\"",
            POLL + ":15: there is no bean 'dmm'; did you mean dm?"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "to: direct:acme-fetch",
            "to: bean:kickViewer?method=skipped",
            POLL + ":20: there is no bean 'kickViewer'; did you mean kickViewers?"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "to: direct:acme-fetch",
            "to: bean:kickViewers?method=quuery",
            POLL + ":20: the bean 'kickViewers' (KickViewers) has no public method 'quuery'"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "to: direct:acme-fetch",
            "bean: {ref: kickViewers, method: quuery}",
            "has no public method 'quuery'; did you mean query?"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "to: direct:acme-fetch",
            "process: {ref: pollers}",
            POLL + ":20: the bean 'pollers' (Pollers) is no Processor"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "simple: \"${body.size} > 0\"",
            "method: pollers.goesOff",
            POLL + ":18: the bean 'pollers' (Pollers) has no public method 'goesOff'"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "simple: \"${body.size} > 0\"",
            "simple: \"${bean:poller.goesOn}\"",
            POLL + ":18: there is no bean 'poller'"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLL,
            "to: direct:acme-fetch",
            "split: {simple: '${body}', aggregationStrategy: '#joined', steps: []}",
            POLL + ":20: there is no bean 'joined'"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLICY,
            "handled:",
            "onExceptionOccurredRef: manners\n          handled:",
            POLICY + ":9: there is no bean 'manners'"),
        arguments(
            "A_NAMED_BEAN_EXISTS",
            POLICY,
            "java.lang.IllegalArgumentException",
            "java.lang.IllegalArgument",
            POLICY + ":8: there is no class 'java.lang.IllegalArgument' in this build"),
        arguments(
            "NO_HTTP_PATH_BEGINS_WITH_PROXY",
            HTTP,
            "http:/api/things",
            "http:/proxy-things",
            "/proxy-things"),
        arguments(
            "NO_HTTP_PATH_BEGINS_WITH_PROXY", HTTP, "http:/api/things", "http:Proxy", "Proxy"),
        arguments(
            "NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS",
            HTTP,
            "pattern: \"*\"",
            "pattern: X-*",
            HTTP),
        arguments(
            "NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS",
            HTTP,
            "pattern: \"*\"",
            "pattern: \"*\"\n                    excludePattern: X-*",
            HTTP),
        arguments(
            "NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS",
            HTTP,
            "- to: direct:acme-fetch",
            "- stop: {}",
            HTTP),
        arguments(
            "NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS",
            HTTP,
            "- setHeader:",
            "- to: http:acme.example\n                - setHeader:",
            HTTP),
        arguments(
            "NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS",
            "routes/api/refuse-it.camel.yaml",
            "\"*\"",
            "X-*",
            HTTP),
        arguments(
            "NO_HTTP_ANSWER_ECHOES_THE_REQUESTS_HEADERS",
            POLICY,
            "pattern: \"*\"",
            "pattern: X-*",
            POLICY),
        arguments(
            "A_NAMED_ERROR_POLICY_EXISTS",
            HTTP,
            "Id: answer-400",
            "Id: answer-500",
            "'answer-500'"),
        arguments("A_NAMED_SQL_FILE_EXISTS", POLL, "claim.sql", "clam.sql", "things-clam.sql"),
        arguments(
            "A_NAMED_SQL_FILE_EXISTS",
            POLL,
            "sql:file:routes/sql/things-claim.sql",
            "sql:SELECT 1",
            "sql:SELECT 1"),
        arguments("EVERY_SQL_FILE_IS_NAMED_BY_A_ROUTE", POLL, "claim.sql", "clam.sql", SQL),
        arguments("A_SQL_FILE_SAYS_WHAT_IT_DOES", SQL, "-- Claims", "SELECT 1; -- Claims", SQL),
        arguments("A_SQL_FILE_BINDS_ITS_VALUES", SQL, ":#limit", "{{limit}}", SQL + ":2: {{"),
        arguments(
            "A_SQL_FILE_BINDS_ITS_VALUES", SQL, "CAST(:#limit AS int)", "id::int", SQL + ":2: ::"),
        arguments("A_SQL_FILE_BINDS_ITS_VALUES", SQL, ":#limit", ":limit", SQL + ":2: :name"),
        arguments("A_SQL_FILE_BINDS_ITS_VALUES", SQL, ":#limit", "?", SQL + ":2: # and ?"),
        arguments("A_SQL_FILE_BINDS_ITS_VALUES", SQL, ":#limit", "#", SQL + ":2: # and ?"),
        arguments(
            "A_SQL_FILE_BINDS_ITS_VALUES", SQL, "'10:30'", "1 -- not :#this", SQL + ":2: :#name"),
        arguments(
            "A_TYPES_SCHEMA_IS_NAMED_BY_THE_TYPE",
            TYPE,
            "acme.thing.seen/1",
            "acme.thing.lost/1",
            TYPE));
  }

  @ParameterizedTest(name = "{0}: {1} with {3}")
  @MethodSource("breaks")
  void what_breaks_a_rule_is_told(
      String rule, String file, String sound, String broken, String told) throws IOException {
    Path path = root.resolve(file);
    String text = Files.readString(path);
    assertTrue(text.contains(sound), file + " has no " + sound);
    Files.writeString(path, text.replace(sound, broken));
    List<Finding> all = RouteRule.valueOf(rule).broken(Trees.product(root));
    assertTrue(all.stream().anyMatch(f -> f.toString().contains(told)), all.toString());
  }

  @Test
  void a_schema_by_another_name_is_told() throws IOException {
    write("routes/acme/acme.thing.lost.json", "{}");
    List<Finding> told = RouteRule.A_TYPES_SCHEMA_IS_NAMED_BY_THE_TYPE.broken(Trees.product(root));
    assertTrue(told.toString().contains("acme.thing.lost.json"), told.toString());
  }

  @Test
  void a_placeholder_of_the_simulator_is_told() throws IOException {
    write("embedded/simulator/acme.camel.yaml", Files.readString(root.resolve(POLL)));
    List<Finding> told =
        RouteRule.A_PLACEHOLDER_IS_DECLARED_AND_HAS_NO_DEFAULT.broken(Trees.simulator(root));
    assertTrue(told.toString().contains("declared nowhere"), told.toString());
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void a_sound_tree_keeps_to(RouteRule rule) {
    assertEquals(List.of(), rule.broken(Trees.product(root)));
  }

  @Test
  void every_rule_is_broken_once() {
    Set<RouteRule> broken =
        breaks()
            .map(a -> RouteRule.valueOf((String) a.get()[0]))
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(RouteRule.class)));
    assertEquals(EnumSet.copyOf(Arrays.asList(RouteRule.values())), broken);
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
