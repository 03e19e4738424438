package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigCommandTest {
  @TempDir private Path root = Path.of("");

  @BeforeEach
  void declare() throws IOException {
    write(
        "application.properties",
        """
        ingest.env =
        ingest.target-envs =
        secrets.dir =
        http.port = 8080
        deliver.lease = 60s
        kick.api-url =
        kick.client-id =
        kick.client-secret =
        dm.database-url =
        camel.server.port = {{http.port}}
        """);
    write("application-stage.properties", "deliver.lease = 90s\nhttp.port = 8080\n");
    write("secrets/KICK_CLIENT_SECRET", "hush-hush\n");
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.resolveSibling("."));
    Files.writeString(path, text);
  }

  private Caller stage() {
    return new Caller(root)
        .with("INGEST_ENV", "stage")
        .with("SECRETS_DIR", "secrets")
        .with("KICK_API_URL", "https://ann:hush-in-url@kick.example")
        .with("DM_DATABASE_URL", "postgres://ann:hush-in-dsn@db/dm")
        .with("INGEST_TARGET_ENVS", "blue")
        .with("BLUE_DELIVERY_SECRET", "whsec_hush")
        .with("PATH", "/nobody/asked");
  }

  private static String line(Caller.Result result, String key) {
    return result
        .out()
        .lines()
        .filter(l -> l.matches("[* ] +" + key + " .*"))
        .findFirst()
        .orElse("")
        .replaceAll(" +", " ")
        .strip();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "http.port, http.port 8080 application-stage.properties",
    "deliver.lease, * deliver.lease 90s application-stage.properties",
    "camel.server.port, camel.server.port {{http.port}} application.properties",
    "kick.api-url, * kick.api-url https://ann:***@kick.example environment KICK_API_URL",
    "kick.client-id, kick.client-id not set -",
    "kick.client-secret, * kick.client-secret *** secrets file KICK_CLIENT_SECRET",
    "dm.database-url, * dm.database-url postgres://ann:***@db/dm environment DM_DATABASE_URL",
    "blue.delivery-secret, * blue.delivery-secret *** environment BLUE_DELIVERY_SECRET",
    "blue.internal-events-url, blue.internal-events-url not set -"
  })
  void a_setting_has_its_value_and_its_source(String key, String line) {
    assertEquals(line, line(stage().calls("config"), key));
  }

  @Test
  void what_else_stands_in_the_environment_is_not_shown() {
    assertFalse(stage().calls("config").out().contains("nobody"));
  }

  @Test
  void changed_ones_are_told_apart() {
    Caller.Result changed = stage().calls("config", "--changed");
    assertEquals("", line(changed, "http.port"));
    assertTrue(changed.out().contains("deliver.lease"));
    assertFalse(changed.out().contains("not set"));
  }

  @Test
  void keys_groups_and_variables_can_be_asked_for() {
    assertEquals(4, stage().calls("config", "kick").out().lines().count());
    assertEquals(2, stage().calls("config", "KICK_CLIENT_ID").out().lines().count());
    Caller.Result unknown = stage().calls("config", "kick.clientid=hush-typed");
    assertEquals(2, unknown.code());
    assertTrue(unknown.err().startsWith("kick.clientid: there is no such setting"), unknown.err());
    assertFalse(unknown.err().contains("hush"));
  }

  @Test
  void json_has_the_parts() throws IOException {
    JsonNode settings =
        new ObjectMapper().readTree(stage().calls("config", "--json").out()).path("settings");
    for (JsonNode setting : settings) {
      switch (setting.path("key").asText()) {
        case "deliver.lease" -> {
          assertEquals("90s", setting.path("value").asText());
          assertEquals("60s", setting.path("default").asText());
          assertEquals("DELIVER_LEASE", setting.path("variable").asText());
          assertTrue(setting.path("changed").asBoolean());
        }
        case "kick.client-id" -> assertTrue(setting.path("value").isNull());
        case "kick.client-secret" -> assertTrue(setting.path("secret").asBoolean());
        default -> assertFalse(setting.path("key").asText().isEmpty());
      }
    }
    assertEquals(12, settings.size());
  }

  @ParameterizedTest(name = "config {0}")
  @ValueSource(
      strings = {
        "",
        "--json",
        "--changed",
        "--changed --json",
        "kick",
        "KICK_CLIENT_SECRET",
        "kick.client-secret --json",
        "blue dm",
        "no.such.key"
      })
  void no_secret_is_shown_in_any_form(String words) {
    List<String> args = words.isEmpty() ? List.of() : List.of(words.split(" ", -1));
    Caller.Result shown =
        stage().calls(Stream.concat(Stream.of("config"), args.stream()).toArray(String[]::new));
    assertFalse((shown.out() + shown.err()).contains("hush"), shown.out() + shown.err());
  }

  @Test
  void a_folder_of_secrets_that_is_none_is_one_line() {
    Caller.Result told = new Caller(root).with("SECRETS_DIR", "nowhere").calls("config");
    assertEquals(1, told.code());
    assertEquals(1, told.err().lines().count());
  }
}
