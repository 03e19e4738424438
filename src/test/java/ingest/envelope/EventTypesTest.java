package ingest.envelope;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EventTypesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCHEMA =
      """
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "acme.thing.seen/2",
        "source": "acme",
        "pii": "personal",
        "type": "object",
        "additionalProperties": false,
        "required": ["count"],
        "properties": {
          "count": {"type": "integer", "minimum": 0},
          "at": {"type": "string", "format": "date-time"},
          "kind": {"enum": ["a", "b"]},
          "code": {"$ref": "#/$defs/code"},
          "codes": {"type": "array", "items": {"$ref": "#/$defs/code"}},
          "by_name": {"type": "object", "additionalProperties": {"type": "integer"}}
        },
        "$defs": {"code": {"type": "string", "pattern": "^[a-z]{3}$"}}
      }
      """;

  @TempDir Path routes;

  private Path write(String path, String text) throws IOException {
    Path file = routes.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private EventTypes acme() throws IOException {
    write("acme/acme.thing.seen.schema.json", SCHEMA);
    return EventTypes.load(routes);
  }

  private static Envelope envelope(String source, String type, String version, String data)
      throws IOException {
    return new Envelope(
        EventId.of(Instant.EPOCH, source, type, "acme:1", "key", 0),
        source,
        type,
        type + "/" + version,
        "acme:1",
        Instant.EPOCH,
        0,
        null,
        null,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        JSON.readTree(data));
  }

  private static Envelope seen(String data) throws IOException {
    return envelope("acme", "acme.thing.seen", "2", data);
  }

  @Test
  void every_schema_of_the_product_registers_its_type() throws IOException {
    List<String> types =
        EventTypes.load(Path.of("routes")).all().stream().map(EventType::type).toList();
    assertTrue(types.contains("kick.viewer_count.observed"));
    try (Stream<Path> files = Files.walk(Path.of("routes"))) {
      assertEquals(files.filter(f -> f.toString().endsWith(".schema.json")).count(), types.size());
    }
  }

  @Test
  void a_schema_beside_a_route_registers_a_type() throws IOException {
    write("acme/notes.json", "no schema");
    EventType type =
        new EventType(
            "acme",
            "acme.thing.seen",
            2,
            "acme.thing.seen/2",
            EventType.Pii.PERSONAL,
            EventType.Environment.PROJECT,
            EventType.Channel.NONE);
    EventTypes types = acme();
    assertEquals(List.of(type), List.copyOf(types.all()));
    assertEquals(Optional.of(type), types.find("acme.thing.seen"));
    assertEquals(Optional.empty(), types.find("acme.thing.unseen"));
  }

  @Test
  void a_schema_may_say_that_its_events_observe_a_channel() throws IOException {
    write(
        "acme/acme.thing.seen.schema.json",
        SCHEMA.replace("\"pii\"", "\"observes\": \"channel\", \"pii\""));
    assertEquals(
        EventType.Channel.OBSERVES,
        EventTypes.load(routes).find("acme.thing.seen").orElseThrow().channel());
    write(
        "acme/acme.thing.seen.schema.json",
        SCHEMA.replace("\"pii\"", "\"observes\": \"chanel\", \"pii\""));
    InvalidSchema told = assertThrows(InvalidSchema.class, () -> EventTypes.load(routes));
    assertTrue(String.valueOf(told.getMessage()).contains("observes is not channel"));
  }

  @Test
  void a_schema_may_say_that_environments_just_record_its_events() throws IOException {
    write(
        "acme/acme.thing.seen.schema.json",
        SCHEMA.replace("\"pii\"", "\"environment\": \"record\", \"pii\""));
    assertEquals(
        EventType.Environment.RECORD,
        EventTypes.load(routes).find("acme.thing.seen").orElseThrow().environment());
  }

  @Test
  void an_event_of_its_schema_passes() throws IOException {
    EventTypes types = acme();
    assertDoesNotThrow(
        () ->
            types.check(
                seen(
                    """
                    {"count":0,"at":"2026-09-24T03:15:02Z","kind":"a","code":"abc",
                     "codes":["abc"],"by_name":{"any name":1}}""")));
  }

  @Test
  void an_event_of_a_type_without_a_schema_is_refused() throws IOException {
    assertRefused(
        "acme.thing.unseen: the type is not registered, it has no schema beside a route",
        envelope("acme", "acme.thing.unseen", "1", "{}"));
  }

  @Test
  void an_event_of_another_source_or_version_is_refused() throws IOException {
    assertRefused(
        "acme.thing.seen: source is other, not acme",
        envelope("other", "acme.thing.seen", "2", "{\"count\":0}"));
    assertRefused(
        "acme.thing.seen: dataschema is not acme.thing.seen/2",
        envelope("acme", "acme.thing.seen", "1", "{\"count\":0}"));
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|$ breaks required (count)",
        "{\"count\":-1}|$.count breaks minimum 0",
        "{\"count\":\"SECRET\"}|$.count breaks type integer",
        "{\"count\":null}|$.count breaks type integer",
        "{\"count\":1,\"at\":\"SECRET\"}|$.at breaks format date-time",
        "{\"count\":1,\"kind\":\"SECRET\"}|$.kind breaks enum",
        "{\"count\":1,\"code\":\"SECRET\"}|$.code breaks pattern ^[a-z]{3}$",
        "{\"count\":1,\"codes\":[\"abc\",\"SECRET\"]}|$.codes[1] breaks pattern ^[a-z]{3}$",
        "{\"count\":1,\"extra\":\"SECRET\"}|$ breaks additionalProperties (extra)",
        "{\"count\":1,\"SECRET@example.com\":1}|$ breaks additionalProperties (*)",
        "{\"count\":1,\"by_name\":{\"SECRET name\":\"SECRET\"}}|$.by_name.* breaks type integer"
      })
  void data_off_its_schema_is_refused_by_place_and_rule_and_never_quoted(String data, String told)
      throws IOException {
    assertRefused("acme.thing.seen: " + told, seen(data));
  }

  @Test
  void the_first_few_of_many_violations_are_told() throws IOException {
    String refusal = refusal(seen("{\"count\":1,\"codes\":[1,2,3,4,5,6,7,8]}"));
    assertTrue(refusal.endsWith("$.codes[4] breaks type string; and 3 more"), refusal);
  }

  @Test
  void threads_share_the_schemas() throws Exception {
    EventTypes types = acme();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<Integer> check =
          () -> {
            int refused = 0;
            for (int i = 0; i < 2000; i++) {
              try {
                types.check(seen("{\"count\":" + (i % 2 == 0 ? i : -i) + ",\"code\":\"abc\"}"));
              } catch (InvalidEnvelope e) {
                refused++;
              }
            }
            return refused;
          };
      for (Future<Integer> refused : threads.invokeAll(List.of(check, check, check, check))) {
        assertEquals(1000, refused.get());
      }
    } finally {
      threads.shutdown();
    }
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "\"$id\"| x \"$id\"|is not JSON, line 3",
        "\"pii\": \"personal\",|\"pii\": \"personal\", \"pii\": \"none\",|is not JSON, line 5: Duplicate field 'pii'",
        "acme.thing.seen/2|acme.thing.heard/2|$id is not acme.thing.seen/<version>",
        "acme.thing.seen/2|acme.thing.seen|$id is not acme.thing.seen/<version>",
        "acme.thing.seen/2|acme.thing.seen/0|$id is not acme.thing.seen/<version>",
        "acme.thing.seen/2|https://example.com/acme.thing.seen/2|$id is not acme.thing.seen/<version>",
        "\"source\": \"acme\",||source is not the name of an upstream",
        "\"source\": \"acme\"|\"source\": \"Acme Inc\"|source is not the name of an upstream",
        "\"pii\": \"personal\",||pii is not one of none, pseudonymous, personal, private",
        "\"personal\"|\"PERSONAL\"|pii is not one of none, pseudonymous, personal, private",
        "\"pii\"|\"environment\": \"drop\", \"pii\"|environment is not record",
        "\"pii\"|\"environment\": null, \"pii\"|environment is not record",
        "draft/2020-12|draft/2019-09|$schema is not https://json-schema.org/draft/2020-12/schema",
        "\"minimum\"|\"minimun\"|keyword minimun is not known",
        "\"integer\", \"minimum\"|\"integr\", \"minimum\"|is not a JSON Schema: $.properties.count.type breaks",
        "{3}|{3|is not a JSON Schema: $.$defs.code.pattern breaks format regex",
        "#/$defs/code|#/$defs/kode|cannot be resolved",
        "#/$defs/code|https://example.com/code.json|'https://example.com/code.json' is not allowed to be loaded",
        "#/$defs/code|acme.thing.heard/1|is not allowed to be loaded",
        "#/$defs/code|file:///etc/hostname|is not allowed to be loaded"
      })
  void a_schema_that_cannot_be_used_is_named(String was, String is, String why) throws IOException {
    assertTrue(SCHEMA.contains(was), was);
    Path file =
        write("acme/acme.thing.seen.schema.json", SCHEMA.replace(was, is == null ? "" : is));
    String message = unusable();
    assertTrue(message.startsWith(file + ": "), message);
    assertTrue(message.contains(why), message);
    assertEquals(1, message.lines().count(), message);
  }

  @ParameterizedTest(name = "''{0}''")
  @CsvSource({"''", "'  '", "[]", "null", "7"})
  void a_file_that_is_no_object_is_named(String text) throws IOException {
    Path file = write("acme.thing.seen.schema.json", text);
    assertEquals(file + ": is not a JSON object", unusable());
  }

  @Test
  void every_file_that_cannot_be_used_is_named() throws IOException {
    Path first = write("a/a.b.schema.json", "{");
    Path second = write("b/b.c.schema.json", SCHEMA);
    List<String> lines = unusable().lines().toList();
    assertEquals(2, lines.size());
    assertTrue(lines.get(0).startsWith(first + ": "));
    assertTrue(lines.get(1).startsWith(second + ": "));
  }

  @Test
  void two_files_cannot_register_one_type() throws IOException {
    Path first = write("a/acme.thing.seen.schema.json", SCHEMA);
    Path second = write("b/acme.thing.seen.schema.json", SCHEMA);
    assertEquals(second + ": registers the type that " + first + " registers", unusable());
  }

  @Test
  void routes_that_are_not_there_are_named() {
    Path nowhere = routes.resolve("nowhere");
    String message = assertThrows(InvalidSchema.class, () -> EventTypes.load(nowhere)).getMessage();
    assertTrue(String.valueOf(message).startsWith(nowhere + ": "));
  }

  private String unusable() {
    return String.valueOf(
        assertThrows(InvalidSchema.class, () -> EventTypes.load(routes)).getMessage());
  }

  private String refusal(Envelope envelope) throws IOException {
    EventTypes types = acme();
    return String.valueOf(
        assertThrows(InvalidEnvelope.class, () -> types.check(envelope)).getMessage());
  }

  private void assertRefused(String why, Envelope envelope) throws IOException {
    String refusal = refusal(envelope);
    assertEquals("event " + EventId.text(envelope.id()) + " of type " + why, refusal);
    assertFalse(refusal.contains("SECRET"), refusal);
  }
}
