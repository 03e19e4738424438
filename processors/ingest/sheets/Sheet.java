package ingest.sheets;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range that is synced, as {@code sheets.ranges} has it.
 *
 * @param name ours, in subjects, metrics and {@code dm.sheet}
 * @param spreadsheet Google's id of the document
 * @param range in A1 notation; its first row is the header
 * @param key the column whose cell tells a row from all others
 * @param header the first row as it has to be
 */
public record Sheet(
    @JsonProperty("name") String name,
    @JsonProperty("spreadsheet") String spreadsheet,
    @JsonProperty("range") String range,
    @JsonProperty("key") String key,
    @JsonProperty("header") List<String> header) {
  private static final String SETTING = "sheets.ranges";
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,39}");
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  public Sheet {
    header = header == null ? List.of() : List.copyOf(header);
  }

  /**
   * The ranges that are configured; none where there are none.
   *
   * @throws SettingException when they are not a list of ranges
   */
  public static List<Sheet> configured(Settings settings) {
    if (!settings.has(SETTING)) {
      return List.of();
    }
    List<Sheet> sheets;
    try {
      sheets = List.of(JSON.readValue(settings.text(SETTING), Sheet[].class));
    } catch (JsonProcessingException | NullPointerException e) {
      throw new SettingException(
          Settings.variable(SETTING)
              + " is not a JSON list of {name, spreadsheet, range, key, header}");
    }
    HashSet<String> names = new HashSet<>();
    for (Sheet sheet : sheets) {
      String wrong = names.add(sheet.name) ? sheet.wrong() : "there twice";
      if (wrong != null) {
        throw new SettingException(
            "%s: %s is %s".formatted(Settings.variable(SETTING), sheet.name, wrong));
      }
    }
    return sheets;
  }

  private @Nullable String wrong() {
    if (name == null || !NAME.matcher(name).matches()) {
      return "no name: a-z, 0-9 and -";
    }
    if (Objects.toString(spreadsheet, "").isBlank() || Objects.toString(range, "").isBlank()) {
      return "without a spreadsheet or a range";
    }
    if (header.isEmpty()
        || new HashSet<>(header).size() < header.size()
        || header.stream().anyMatch(String::isBlank)) {
      return "without a header of columns that differ";
    }
    return header.contains(key) ? null : "without its key in the header";
  }

  /** The subject of a row's events; ASCII, whatever the key is written in. */
  String subject(String rowKey) {
    return "sheet:%s:%s".formatted(name, encoded(rowKey));
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  int keyColumn() {
    return header.indexOf(key);
  }
}
