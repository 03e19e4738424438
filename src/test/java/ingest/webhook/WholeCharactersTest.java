package ingest.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

final class WholeCharactersTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void half_a_character_is_replaced_wherever_it_stands() throws Exception {
    JsonNode told =
        JSON.readTree(
            "{\"a\\ud800\":[\"\\udf19\\ud83c\",{\"b\":\"x\\ud83c\"}],\"n\":1.5,\"z\":null}");
    assertEquals(
        JSON.readTree("{\"a\ufffd\":[\"\ufffd\ufffd\",{\"b\":\"x\ufffd\"}],\"n\":1.5,\"z\":null}"),
        WholeCharacters.of(told));
    assertEquals("\ufffda", WholeCharacters.of("\ud800a"));
  }

  @Test
  void what_is_whole_stays_what_it_is() throws Exception {
    JsonNode told = JSON.readTree("{\"a\":[\"\\ud83c\\udf19\",1,true,null,{}]}");
    assertSame(told, WholeCharacters.of(told));
  }
}
