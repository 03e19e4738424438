package ingest.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskTest {
  private static Setting setting(String key, String value) {
    return new Setting(key, value, Settings.ENVIRONMENT, "", true);
  }

  private static String shown(Setting setting, Setting... others) {
    return Mask.of(List.of(others)).value(setting);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "kick.client-secret",
        "stage.delivery-secret",
        "ingest.token",
        "admin.tokens",
        "X_BEARER_TOKEN",
        "scraper.api-key",
        "scraperapi.callback-secret",
        "sumsub.webhook-secret",
        "archive.secretAccessKey",
        "archive.access-key-id",
        "mail.password",
        "mail.pass",
        "some.credentials",
        "signing.private-key",
        "apikey"
      })
  void a_secret_is_known_by_its_name(String key) {
    assertEquals(Mask.HIDDEN, shown(setting(key, "hush")));
    assertEquals(
        Mask.HIDDEN,
        Mask.of(List.of())
            .standard(new Setting(key, "x", "application.properties", "standard", true)));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "secrets.dir",
        "kick.client-id",
        "kick.webhook-public-key",
        "http.port",
        "poll.kick-viewers.cron",
        "monkey.business",
        "author.name"
      })
  void what_is_none_is_shown(String key) {
    assertEquals("plain", shown(setting(key, "plain")));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "postgres://ann:hush@db:5432/dm, postgres://ann:***@db:5432/dm",
    "postgres://hush@db/dm, postgres://***@db/dm",
    "postgresql://ann:hu@sh@db/dm, postgresql://ann:***@db/dm",
    "postgres://ann:hu/s?h#@db/dm, postgres://ann:***@db/dm",
    "jdbc:postgresql://db/dm?user=ann&password=hush, jdbc:postgresql://db/dm?user=ann&password=***",
    "jdbc:postgresql://db/dm?password=hu@sh&user=ann, jdbc:postgresql://***&user=ann",
    "jdbc:postgresql://db/dm?sslpassword=hush, jdbc:postgresql://db/dm?sslpassword=***",
    "http://ann:hush@ch:8123, http://ann:***@ch:8123",
    "https://hook.example/in?api_key=hush&x=1, https://hook.example/in?api_key=***&x=1",
    "https://hook.example/in?accessToken=hush, https://hook.example/in?accessToken=***",
    "host=db user=ann password=hush, host=db user=ann password=***",
    "host=db password = hush, host=db password = ***",
    "ann:hush@db/dm, ***@db/dm",
    "https://api.kick.com, https://api.kick.com",
    "postgres://db/dm?sslmode=require, postgres://db/dm?sslmode=require"
  })
  void credentials_in_an_address_are_hidden(String address, String shown) {
    assertEquals(shown, shown(setting("dm.database-url", address)));
  }

  @Test
  void a_quoted_password_is_hidden_to_its_end() {
    assertEquals(
        "password=*** host=db",
        shown(setting("dm.database-url", "password='hush \\' hush' host=db")));
  }

  @Test
  void what_a_secrets_file_holds_is_hidden_whatever_its_name_but_an_address_shows_its_host() {
    assertEquals(
        Mask.HIDDEN, shown(new Setting("SOMETHING", "hush", Settings.SECRETS_FILE, "", true)));
    assertEquals(
        "postgres://ann:***@db/dm",
        shown(
            new Setting(
                "dm.database-url", "postgres://ann:hush@db/dm", Settings.SECRETS_FILE, "", true)));
  }

  @Test
  void a_secret_that_another_setting_repeats_is_hidden_there_too() {
    Setting secret = setting("stage.delivery-secret", "whsec_first,whsec_second");
    Setting url = setting("stage.internal-events-url", "https://env/in/whsec_second/whsec_first");
    assertEquals("https://env/in/***/***", shown(url, secret, url));
  }

  @Test
  void a_short_secret_spoils_no_other_value() {
    assertEquals("8080", shown(setting("http.port", "8080"), setting("ingest.token", "80")));
    assertFalse(Mask.of(List.of()).hides(setting("ingest.token", "")));
  }
}
