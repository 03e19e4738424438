package ingest.scraperapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.scrape.ScrapeCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The signed address of a stream is in nothing that is kept, and all else is. */
final class KeptPageTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path CALLS = Path.of("src/test/resources/calls/scraperapi");

  private static byte[] body(String name) throws IOException {
    return Files.readAllBytes(CALLS.resolve(name + ".body.json"));
  }

  private static JsonNode page(byte[] callback) throws IOException {
    JsonNode response = JSON.readTree(callback).path("response");
    return JSON.readTree(
        response.has("body")
            ? response.path("body").asText()
            : new String(
                Base64.getDecoder().decode(response.path("base64EncodedBody").asText()),
                StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"followers-live", "followers-count-as-text", "followers-base64"})
  void the_address_of_the_stream_is_taken_out_and_nothing_else(String name) throws IOException {
    JsonNode came = page(body(name));
    assertTrue(came.path("playback_url").isTextual());
    JsonNode kept = page(KeptPage.of(body(name)));
    assertTrue(kept.path("playback_url").isNull());
    assertEquals(
        ((com.fasterxml.jackson.databind.node.ObjectNode) came).putNull("playback_url"), kept);
  }

  @ParameterizedTest
  @ValueSource(strings = {"finished", "failed", "finished-base64", "trap.not-json"})
  void what_has_no_such_address_is_kept_byte_for_byte(String name) throws IOException {
    byte[] body = body(name);
    assertSame(body, KeptPage.of(body));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`{\"playback_url\":\"https://v/a?token=S\",\"x\":1}`, `{\"playback_url\":null,\"x\":1}`",
        "`{\"playback_url\" : \"S\"}`, `{\"playback_url\" : null}`",
        "`{\\\"playback_url\\\":\\\"https:\\\\/\\\\/S\\\",\\\"x\\\":1}`, `{\\\"playback_url\\\":null,\\\"x\\\":1}`",
        "`{\"playback_url\":\"https://v/a?tok`, `{\"playback_url\":null`",
        "`{\"playback_url\":null}`, `{\"playback_url\":null}`"
      })
  void a_page_in_a_page_and_one_that_was_cut_lose_it_too(String page, String kept) {
    assertEquals(kept, ScrapeCalls.withoutPlayback(page));
  }

  @Test
  void who_sends_keeps_it_so() throws IOException {
    String kept =
        new String(
            new ScraperApiSender().kept(body("followers-live"), false), StandardCharsets.UTF_8);
    assertFalse(kept.contains("token=REDACTED"), kept);
  }
}
