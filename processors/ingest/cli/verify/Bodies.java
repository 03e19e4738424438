package ingest.cli.verify;

import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.core.util.Separators.Spacing;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a body may have been when it was signed, before somebody on its way wrote it anew. */
final class Bodies {
  private static final JsonMapper JSON = exact().build();
  private static final JsonMapper SORTED =
      exact().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
  private static final JsonMapper ASCII = exact().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private Bodies() {}

  /** Numbers keep their digits. */
  private static JsonMapper.Builder exact() {
    return JsonMapper.builder()
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);
  }

  /** Forms of {@code body} that differ from it, the likeliest first. */
  static List<Tried> forms(byte[] body) {
    List<Tried> forms = new ArrayList<>();
    String text = new String(body, StandardCharsets.UTF_8);
    if (text.endsWith("\n")) {
      add(forms, "the body without the line end after it", text.stripTrailing());
    }
    add(forms, "the body with a line feed after it", text + "\n");
    add(forms, "the body with LF line ends, where it has CRLF", text.replace("\r\n", "\n"));
    add(
        forms,
        "the body with CRLF line ends, where it has LF",
        text.replace("\r\n", "\n").replace("\n", "\r\n"));
    if (text.startsWith("\uFEFF")) {
      add(forms, "the body without the byte order mark before it", text.substring(1));
    }
    json(forms, body);
    return forms.stream().filter(form -> form.differsFrom(body)).toList();
  }

  private static void json(List<Tried> forms, byte[] body) {
    try {
      JsonNode node = JSON.readTree(body);
      if (node == null || !node.isContainerNode()) {
        return;
      }
      String again = "the same JSON written ";
      String hint = ": the body was parsed and written anew on its way";
      add(forms, again + "without spaces" + hint, JSON.writeValueAsString(node));
      add(
          forms,
          again + "with a space after each comma and colon" + hint,
          JSON.writer(spaced()).writeValueAsString(node));
      add(
          forms,
          again + "with a space after each comma and colon, and in ASCII" + hint,
          ASCII.writer(spaced()).writeValueAsString(node));
      add(
          forms,
          again + "indented by two" + hint,
          JSON.writer(indented()).writeValueAsString(node));
      add(forms, again + "in ASCII" + hint, ASCII.writeValueAsString(node));
      add(
          forms,
          again + "with its keys sorted" + hint,
          SORTED.writeValueAsString(SORTED.treeToValue(node, Object.class)));
    } catch (IOException e) {
      // no JSON has no other forms
    }
  }

  private static PrettyPrinter spaced() {
    return printer(null);
  }

  private static PrettyPrinter indented() {
    return printer(new DefaultIndenter("  ", "\n"));
  }

  private static PrettyPrinter printer(@Nullable DefaultIndenter indenter) {
    Spacing between = indenter == null ? Spacing.AFTER : Spacing.NONE;
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Spacing.AFTER)
                .withObjectEntrySpacing(between)
                .withArrayValueSpacing(between)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator(""));
    DefaultPrettyPrinter.Indenter each =
        indenter == null ? DefaultPrettyPrinter.NopIndenter.instance : indenter;
    printer.indentArraysWith(each);
    printer.indentObjectsWith(each);
    return printer;
  }

  private static void add(List<Tried> forms, String telling, String text) {
    forms.add(new Tried(telling, text.getBytes(StandardCharsets.UTF_8)));
  }
}
