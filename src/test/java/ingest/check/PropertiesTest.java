package ingest.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PropertiesTest {
  @ParameterizedTest(name = "{0}")
  @EnumSource
  void the_products_properties_keep_to(PropertyRule rule) {
    assertEquals("", Trees.told(rule.broken(Trees.product(Path.of("")))), rule.toString());
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void the_sources_and_the_properties_keep_to(SourceRule rule) {
    assertEquals("", String.join("\n", rule.broken(Path.of(""))), rule.toString());
  }

  @Test
  void there_are_properties_to_look_at() {
    assertFalse(ApplicationProperties.read(Path.of("")).entries().isEmpty());
    assertFalse(JavaSettings.read(Path.of("")).isEmpty(), "no Java reads a setting");
  }

  @Test
  void what_the_start_works_out_is_asked_for_and_not_declared() {
    Set<String> asked = new TreeSet<>();
    Trees.product(Path.of(""))
        .files()
        .forEach(
            f ->
                f.texts(
                    (p, text) ->
                        Values.WORKED_OUT.stream()
                            .filter(k -> text.contains("{{" + k + "}}"))
                            .forEach(asked::add)));
    assertEquals(new TreeSet<>(Values.WORKED_OUT), asked);
    assertTrue(
        ApplicationProperties.read(Path.of("")).keys().stream()
            .noneMatch(Values.WORKED_OUT::contains));
  }

  /** A sound set of properties, in which one thing at a time is broken. */
  @Nested
  final class Catch {
    private static final String PROPERTIES = "application.properties";
    private static final String JAVA = "processors/ingest/acme/Things.java";
    private static final String ROUTE = "routes/acme/acme-things.camel.yaml";

    @TempDir Path root;

    @BeforeEach
    void plant_sound_properties() throws IOException {
      write(
          PROPERTIES,
          """
          # ── acme ──

          # ACME_API_URL: where it is,
          # in two lines.
          acme.api-url = \\
            http://acme.example
          # ACME_LIMIT: how many.
          acme.limit = 7
          # POLL_ACME_THINGS_ENABLED: on or off.
          poll.acme-things.enabled = true
          camel.main.name = {{acme.limit}}
          # RETENTION_OUTBOX: a day of it.
          retention.outbox = 8d
          # PARK_MAX: the longest wait.
          park.max = 25d
          # RETENTION_EVENT_KEYS: of senders.
          retention.event-keys = 35d
          # RETENTION_PROCESSED_EVENTS: of environments.
          retention.processed-events = 35d
          """);
      write(
          "application-stage.properties",
          """
          acme.limit = 8
          stage.internal-events-url = http://stage.example
          """);
      write(
          JAVA,
          """
          package ingest.acme;

          final class Things {
            Things(Settings settings, Supplier<Settings> loaded) {
              settings
                  .text(
                      "acme.api-url");
              loaded.get().number("acme.limit", 1, 2);
              Other.of(settings, "acme.limit");
              settings.has("stage.delivery-secret");
              Stream.of("retention.outbox", "park.max", "retention.event-keys", "retention.processed-events");
            }
          }
          """);
      write(
          ROUTE,
          """
          # Things.
          - route:
              id: acme-things
              from:
                uri: quartz:poll/acme-things
                steps: []
          """);
    }

    static Stream<Arguments> breaks() {
      return Stream.of(
          arguments(
              "A_KEY_THAT_JAVA_READS_IS_DECLARED",
              JAVA,
              "\"acme.api-url\"",
              "\"acme.url\"",
              "acme.url"),
          arguments(
              "A_KEY_THAT_JAVA_READS_IS_DECLARED",
              JAVA,
              "number(\"acme.limit\"",
              "number(\"acme.most\"",
              "ACME_MOST"),
          arguments(
              "A_KEY_THAT_JAVA_READS_IS_DECLARED",
              JAVA,
              "settings, \"acme.limit\"",
              "settings, \"acme.most\"",
              JAVA),
          arguments("A_DECLARED_KEY_IS_USED", JAVA, "acme.api-url", "acme.url", ":5: acme.api-url"),
          arguments(
              "A_DECLARED_KEY_IS_USED",
              ROUTE,
              "poll/acme",
              "other/acme",
              "poll.acme-things.enabled"),
          arguments(
              "A_KEY_IS_DECLARED_ONCE",
              PROPERTIES,
              "acme.limit = 7",
              "acme.limit = 7\nacme-limit = 8",
              "line 8"),
          arguments(
              "A_KEY_NAMES_ITS_ENVIRONMENT_VARIABLE",
              PROPERTIES,
              "# ACME_LIMIT",
              "# ACME_LIMITS",
              "acme.limit"),
          arguments(
              "A_KEY_NAMES_ITS_ENVIRONMENT_VARIABLE",
              PROPERTIES,
              "how many.",
              "how many.\n",
              "acme.limit"),
          arguments(
              "EVERY_POLLER_CAN_BE_SWITCHED_OFF",
              PROPERTIES,
              "things.enabled",
              "things.on",
              ROUTE + ":5: cannot be switched off; declare poll.acme-things.enabled"),
          arguments(
              "A_VALUE_NAMES_DECLARED_KEYS",
              PROPERTIES,
              "{{acme.limit}}",
              "{{acme.limt}}",
              ":11: camel.main.name: {{acme.limt}} is declared nowhere"),
          arguments(
              "CAMEL_KNOWS_ITS_KEYS",
              PROPERTIES,
              "camel.main.name",
              "camel.main.nam",
              ":11: Camel knows no 'camel.main.nam'; did you mean camel.main.name?"),
          arguments(
              "AN_ENVIRONMENTS_VALUE_IS_OF_ITS_DEFAULTS_KIND",
              "application-stage.properties",
              "acme.limit = 8",
              "acme.limit = eight",
              "application-stage.properties:1: acme.limit: 'eight' is not a whole number"),
          arguments(
              "AN_ID_IS_KEPT_FOR_AS_LONG_AS_ITS_EVENT_CAN_COME_AGAIN",
              PROPERTIES,
              "park.max = 25d",
              "park.max = 27d",
              ":13: RETENTION_EVENT_KEYS (35 days) is less than RETENTION_OUTBOX + PARK_MAX + 1 day (36 days)"),
          arguments(
              "AN_ID_IS_KEPT_FOR_AS_LONG_AS_ITS_EVENT_CAN_COME_AGAIN",
              "application-stage.properties",
              "acme.limit = 8",
              "acme.limit = 8\nretention.processed-events = 10d",
              "application-stage.properties:2: RETENTION_PROCESSED_EVENTS (10 days) is less than RETENTION_EVENT_KEYS (35 days)"),
          arguments(
              "AN_ENVIRONMENTS_FILE_SETS_DECLARED_KEYS",
              "application-stage.properties",
              "acme.limit",
              "acme.most",
              ":1: acme.most"));
    }

    @ParameterizedTest(name = "{0}: {1} with {3}")
    @MethodSource("breaks")
    void what_breaks_a_rule_is_told(
        String rule, String file, String sound, String broken, String told) throws IOException {
      Path path = root.resolve(file);
      String text = Files.readString(path);
      assertTrue(text.contains(sound), file + " has no " + sound);
      Files.writeString(path, text.replace(sound, broken));
      List<String> all = broken(rule);
      assertTrue(all.stream().anyMatch(t -> t.contains(told)), all.toString());
    }

    private List<String> broken(String rule) {
      return Stream.of(SourceRule.values()).anyMatch(r -> r.name().equals(rule))
          ? SourceRule.valueOf(rule).broken(root)
          : PropertyRule.valueOf(rule).broken(Trees.product(root)).stream()
              .map(Finding::toString)
              .toList();
    }

    static Set<String> rules() {
      Set<String> rules = new TreeSet<>();
      Stream.of(SourceRule.values()).forEach(r -> rules.add(r.name()));
      Stream.of(PropertyRule.values()).forEach(r -> rules.add(r.name()));
      return rules;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void sound_properties_keep_to(String rule) {
      assertEquals(List.of(), broken(rule));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
        delimiter = '|',
        value = {"0/2 * * * * ?|0", "{{acme.limit}} * * * * ?|1"})
    void a_poller_whose_schedule_stands_in_its_route_needs_no_switch(String cron, int findings)
        throws IOException {
      Path properties = root.resolve(PROPERTIES);
      Files.writeString(
          properties,
          Files.readString(properties)
              .replace(
                  "# POLL_ACME_THINGS_ENABLED: on or off.\npoll.acme-things.enabled = true\n", ""));
      Path route = root.resolve(ROUTE);
      Files.writeString(
          route,
          Files.readString(route)
              .replace("      steps:", "      parameters: {cron: \"" + cron + "\"}\n      steps:"));
      assertEquals(findings, broken("EVERY_POLLER_CAN_BE_SWITCHED_OFF").size());
    }

    @Test
    void every_rule_is_broken_once() {
      Set<String> broken = new TreeSet<>();
      breaks().forEach(a -> broken.add((String) a.get()[0]));
      assertEquals(rules(), broken);
    }

    private void write(String file, String text) throws IOException {
      Path path = root.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, text);
    }
  }
}
