package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.signature.Secret;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it reads and answers; what it finds out is {@code InspectionTest}'s. */
class VerifyCommandTest {
  private static final String SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY=";
  private static final String BODY = "{\"a\":1}";

  @TempDir private Path root = Path.of("");
  private Signed signed = new Signed("", "", "");

  @BeforeEach
  void request() throws IOException {
    signed =
        StandardWebhooks.sign(
            List.of(Secret.parse(SECRET)),
            "msg_1",
            Instant.parse("2026-03-01T11:59:58Z"),
            BODY.getBytes(StandardCharsets.UTF_8));
    Files.writeString(root.resolve("body.json"), BODY);
    Files.writeString(
        root.resolve("headers.txt"),
        "> POST /internal/events HTTP/1.1\r\n> Host: example\r\n> Webhook-Id: %s\r\nWEBHOOK-TIMESTAMP: %s\nwebhook-signature:%s\n"
            .formatted(signed.id(), signed.timestamp(), signed.signature()));
    Files.writeString(
        root.resolve("headers.json"),
        "{\"Webhook-Id\":\"%s\",\"webhook-timestamp\":%s,\"webhook-signature\":[\"%s\"]}"
            .formatted(signed.id(), signed.timestamp(), signed.signature()));
    Files.writeString(root.resolve("secret"), SECRET + "\n");
  }

  private Caller caller() {
    return new Caller(root);
  }

  @Test
  void headers_come_from_lines_json_or_options_and_secrets_from_settings_or_a_file() {
    for (String file : List.of("headers.txt", "headers.json")) {
      Caller.Result result =
          caller()
              .with("INGEST_DELIVERY_SECRET", SECRET)
              .calls("verify", "delivery", "--body", "body.json", "--headers", file);
      assertEquals(0, result.code(), file + result.out() + result.err());
    }
    Caller.Result options =
        caller()
            .calls(
                "verify",
                "delivery",
                "--body",
                "body.json",
                "--secret-file",
                "secret",
                "--header",
                "Webhook-Id=" + signed.id(),
                "--header",
                "webhook-timestamp=" + signed.timestamp(),
                "--header",
                "webhook-signature=" + signed.signature());
    assertEquals(0, options.code(), options.out() + options.err());
    Caller.Result target =
        caller()
            .with("STAGE_DELIVERY_SECRET", SECRET)
            .calls(
                "verify",
                "delivery",
                "--body",
                "body.json",
                "--headers",
                "headers.txt",
                "--target",
                "stage");
    assertEquals(0, target.code(), target.out() + target.err());
  }

  @Test
  void what_is_wrong_is_told_in_json_too_and_the_code_says_so() throws IOException {
    Caller.Result result =
        caller()
            .calls(
                "verify",
                "delivery",
                "--body",
                "body.json",
                "--secret-file",
                "secret",
                "--headers",
                "headers.txt",
                "--at",
                "2026-03-01T12:20:00Z",
                "--json");
    assertEquals(1, result.code());
    JsonNode told = new ObjectMapper().readTree(result.out());
    assertFalse(told.path("genuine").asBoolean(true));
    assertEquals("stale_timestamp", told.path("verdict").asText());
    assertTrue(told.path("more").toString().contains("20 min 2 s ago"), told.toString());
  }

  @Test
  void what_cannot_be_asked_is_not_understood_and_no_secret_is_shown() throws IOException {
    Files.writeString(root.resolve("bad"), "a-secret-that-is-none");
    for (String[] call :
        List.of(
            new String[] {"verify", "delivery", "--body", "body.json"},
            new String[] {"verify", "delivery", "--body", "nowhere", "--secret-file", "secret"},
            new String[] {"verify", "delivery", "--body", "body.json", "--secret-file", "bad"},
            new String[] {"verify", "kick", "--body", "body.json", "--secret-file", "bad"},
            new String[] {
              "verify", "delivery", "--body", "body.json", "--secret-file", "secret", "--at", "soon"
            },
            new String[] {"verify", "sumsub", "--body", "body.json", "--target", "stage"})) {
      Caller.Result result = caller().calls(call);
      assertEquals(2, result.code(), String.join(" ", call) + result.out());
      assertEquals("", result.out());
      assertFalse(result.err().contains("a-secret-that-is-none"), result.err());
      assertEquals(1, result.err().strip().lines().count(), result.err());
    }
  }
}
