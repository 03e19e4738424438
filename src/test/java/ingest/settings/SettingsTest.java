package ingest.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SettingsTest {
  @TempDir Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private Settings load(Map<String, String> environment) {
    return Settings.load(root, environment);
  }

  @ParameterizedTest(name = "in {0} it is {1}")
  @CsvSource({
    "application, application",
    "application env-file, env-file",
    "application env-file secret, secret",
    "application env-file secret environment, environment",
    "application secret, secret",
    "application environment, environment",
    "secret, secret",
    "env-file, env-file",
  })
  void the_environment_wins_over_a_secrets_file_over_the_environments_file_over_the_defaults(
      String layers, String value) throws IOException {
    Map<String, String> environment = new HashMap<>(Map.of("INGEST_ENV", "stage"));
    List<String> present = List.of(layers.split(" "));
    write(
        "application.properties",
        "secrets.dir = secrets\n"
            + (present.contains("application") ? "kick.client-id = application" : ""));
    write(
        "application-stage.properties",
        present.contains("env-file") ? "kick.client-id = env-file" : "");
    write("application-production.properties", "kick.client-id = another environment's");
    write("secrets/other", "");
    if (present.contains("secret")) {
      write("secrets/KICK_CLIENT_ID", "secret\n");
    }
    if (present.contains("environment")) {
      environment.put("KICK_CLIENT_ID", "environment");
    }
    assertEquals(value, load(environment).text("kick.client-id"));
  }

  @Test
  void the_environments_file_may_say_where_the_secrets_are() throws IOException {
    write("application.properties", "secrets.dir =\nkick.client-secret =");
    write("application-production.properties", "secrets.dir = /nowhere\n");
    write("application-stage.properties", "secrets.dir = mounted\n");
    write("mounted/KICK_CLIENT_SECRET", "s3cret\n");
    assertEquals(
        Optional.of("s3cret"), load(Map.of("INGEST_ENV", "stage")).find("kick.client-secret"));
  }

  @Test
  void an_empty_value_declares_a_key_and_overrides_nothing() throws IOException {
    write("application.properties", "a.key = default\nb.key =");
    Settings settings = load(Map.of("A_KEY", "  ", "B_KEY", ""));
    assertEquals("default", settings.text("a.key"));
    assertFalse(settings.has("b.key"));
    assertTrue(settings.asProperties().containsKey("b.key"));
  }

  @ParameterizedTest(name = "{0} is set by {1}")
  @CsvSource({
    "kick.client-id, KICK_CLIENT_ID",
    "poll.kick-viewers.lease-seconds, POLL_KICK_VIEWERS_LEASE_SECONDS",
    "http.port, HTTP_PORT",
  })
  void one_rule_relates_a_key_to_its_variable(String key, String variable) throws IOException {
    write("application.properties", key + " = default");
    assertEquals(variable, Settings.variable(key));
    Settings settings = load(Map.of(variable, "set"));
    assertEquals("set", settings.text(key));
    assertEquals("set", settings.asProperties().getProperty(key), "under the key's own spelling");
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({"500ms, PT0.5S", "30s, PT30S", "5m, PT5M", "2h, PT2H", "8d, P8D", "1h30m, PT1H30M"})
  void a_span_is_written_with_its_unit(String text, Duration span) throws IOException {
    write("application.properties", "a.span = " + text);
    assertEquals(span, load(Map.of()).duration("a.span"));
  }

  @Test
  void a_list_is_parted_by_commas() throws IOException {
    write("application.properties", "a.list = stage, production ,,\nb.list =");
    assertEquals(List.of("stage", "production"), load(Map.of()).list("a.list"));
    assertEquals(List.of(), load(Map.of()).list("b.list"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unreadable")
  void what_cannot_be_read_is_told_with_its_variable_key_and_origin(
      String value, Consumer<Settings> reading, String wanted) throws IOException {
    write("application.properties", "a.key = " + value);
    assertEquals(
        "A_KEY (a.key, from application.properties): '" + value + "' is not " + wanted,
        message(load(Map.of()), reading));
    write("application.properties", "a.key = 1");
    assertEquals(
        "A_KEY (a.key, from environment): '" + value + "' is not " + wanted,
        message(load(Map.of("A_KEY", value)), reading));
    write("application-stage.properties", "a.key = " + value);
    assertEquals(
        "A_KEY (a.key, from application-stage.properties): '" + value + "' is not " + wanted,
        message(load(Map.of("INGEST_ENV", "stage")), reading));
  }

  static Stream<Arguments> unreadable() {
    Consumer<Settings> number = s -> s.number("a.key", 1, 10);
    Consumer<Settings> port = s -> s.port("a.key");
    Consumer<Settings> span = s -> s.duration("a.key");
    String spans = "a span such as 500ms, 30s, 5m, 2h or 8d";
    return Stream.of(
        Arguments.of("eleven", number, "a whole number from 1 to 10"),
        Arguments.of("11", number, "a whole number from 1 to 10"),
        Arguments.of("0", number, "a whole number from 1 to 10"),
        Arguments.of("65536", port, "a whole number from 0 to 65535"),
        Arguments.of("30", span, spans),
        Arguments.of("ms", span, spans),
        Arguments.of("soon", span, spans));
  }

  private static String message(Settings settings, Consumer<Settings> reading) {
    return String.valueOf(
        assertThrows(SettingException.class, () -> reading.accept(settings)).getMessage());
  }

  @Test
  void what_is_missing_is_told_with_every_way_to_set_it() {
    assertEquals(
        "KICK_CLIENT_SECRET is not set: set the environment variable KICK_CLIENT_SECRET, a file of"
            + " that name in SECRETS_DIR, or kick.client-secret in application.properties",
        message(load(Map.of()), s -> s.text("kick.client-secret")));
  }

  @Test
  void a_secret_that_is_malformed_is_never_quoted() {
    for (String secret :
        List.of("hunter2", "whsec_hunter2", "whsec_hunter2!", "whsec_hunter2hunter2=,x")) {
      Settings settings = load(Map.of("STAGE_DELIVERY_SECRET", secret));
      String told =
          message(settings, s -> ingest.delivery.Target.secrets("stage.delivery-secret", s));
      assertTrue(told.startsWith("STAGE_DELIVERY_SECRET: "), told);
      assertFalse(told.contains("hunter2"), told);
    }
  }

  @Test
  void a_properties_file_that_cannot_be_read_is_named() throws IOException {
    write("application.properties", "a.key = \\u00zz");
    String told =
        String.valueOf(assertThrows(SettingException.class, () -> load(Map.of())).getMessage());
    assertTrue(told.contains("application.properties cannot be read"), told);
  }
}
