package ingest.sheets;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.outbox.Intake;
import ingest.poll.PollRun;
import ingest.settings.Settings;
import ingest.sheets.SheetRefused.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;

/**
 * The Java steps of the poller {@code sheets-sync}. The range travels as the exchange property
 * {@code sheet}.
 */
public final class Sheets {
  /** The type this emits. */
  public static final String TYPE = "sheets.row.synced";

  private static final int LONGEST_REASON = 500;
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES).build();

  private final Settings settings;
  private final List<Sheet> configured;
  private final EventTypes types;
  private final MeterRegistry registry;

  /**
   * Reads the ranges of {@code sheets.ranges}.
   *
   * @throws ingest.settings.SettingException when they are none
   */
  public Sheets(Settings settings, EventTypes types, MeterRegistry registry) {
    this.settings = settings;
    this.configured = Sheet.configured(settings);
    this.types = types;
    this.registry = registry;
    for (Sheet sheet : configured) {
      rows(sheet.name(), "changed");
      rows(sheet.name(), "deleted");
      rows(sheet.name(), "unkeyed");
      failed(sheet.name());
      for (Reason reason : Reason.values()) {
        refused(sheet.name(), reason);
      }
    }
  }

  /** Every range, one after another. */
  public List<Sheet> all() {
    return configured;
  }

  /** Where the values of a range are; nothing that is secret. */
  public String url(@ExchangeProperty("sheet") Sheet sheet) {
    return "%s/v4/spreadsheets/%s/values/%s?valueRenderOption=UNFORMATTED_VALUE&dateTimeRenderOption=FORMATTED_STRING"
        .formatted(
            settings.text("sheets.api-url"),
            Sheet.encoded(sheet.spreadsheet()),
            Sheet.encoded(sheet.range()));
  }

  /** Who we are to Google; in a header, because a URL is logged. */
  public String key() {
    return settings.text("sheets.api-key");
  }

  /** Reads an answer, which is asked for again where it is none. */
  public Object read(Object answer) {
    return Grid.of(JSON.valueToTree(answer));
  }

  /** What changed since the last sync, and that this one was. */
  public Intake compared(
      List<Map<String, Object>> found,
      @ExchangeProperty("sheet") Sheet sheet,
      @ExchangeProperty("grid") Object grid,
      @ExchangeProperty(Arrival.PROPERTY) Arrival arrival)
      throws SheetRefused {
    KnownRows known = KnownRows.of(found);
    Comparison comparison =
        Comparison.of(
            sheet, (Grid) grid, known, settings.number("sheets.max-loss-percent", 0, 100));
    EventType type = types.find(TYPE).orElseThrow();
    List<Envelope> envelopes = new ArrayList<>();
    for (Change change : comparison.changes()) {
      envelopes.add(
          Draft.polled(type, sheet.subject(change.key()), data(sheet, change)).envelope(arrival));
      rows(sheet.name(), change.deleted() ? "deleted" : "changed").increment();
    }
    rows(sheet.name(), "unkeyed").increment(comparison.unkeyed());
    return new Intake(
        envelopes,
        List.of(
            new SheetSynced(
                sheet.name(), known.sync(), UUID.randomUUID(), arrival.time(), comparison)));
  }

  private static ObjectNode data(Sheet sheet, Change change) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("sheet", sheet.name());
    data.put("key", change.key());
    data.put("deleted", change.deleted());
    if (!change.deleted()) {
      ObjectNode cells = data.putObject("cells");
      change.cells().forEach(cells::set);
    }
    return data;
  }

  /** Nobody was asked; the next run asks. */
  public void notAsked(Exchange exchange) {
    PollRun.refused(exchange);
  }

  /** Sets what {@code sheet-skip.sql} binds, counts the sheet and books it with its run. */
  public void skipped(
      @ExchangeProperty("sheet") Sheet sheet,
      @ExchangeProperty(Arrival.PROPERTY) Arrival arrival,
      Exchange exchange) {
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    if (cause instanceof SheetRefused refused) {
      refused(sheet.name(), refused.reason()).increment();
    } else {
      failed(sheet.name()).increment();
    }
    exchange.getMessage().setHeader("slot", Objects.toString(arrival.slot(), ""));
    exchange.getMessage().setHeader("error", "%s: %s".formatted(sheet.name(), reason(cause)));
    Objects.requireNonNull(PollRun.of(exchange)).skippedPage();
  }

  private static String reason(@Nullable Throwable cause) {
    String text =
        cause instanceof SheetRefused ? String.valueOf(cause.getMessage()) : String.valueOf(cause);
    return text.length() > LONGEST_REASON ? text.substring(0, LONGEST_REASON) : text;
  }

  private Counter rows(String sheet, String change) {
    return Counter.builder("ingest.sheets.rows")
        .description(
            "Rows of sheets: told as changed, told as deleted, passed over for want of a key")
        .tag("sheet", sheet)
        .tag("change", change)
        .register(registry);
  }

  private Counter refused(String sheet, Reason reason) {
    return Counter.builder("ingest.sheets.refused")
        .description("Syncs of a sheet that was not what it should be; nothing was taken")
        .tag("sheet", sheet)
        .tag("reason", reason.word())
        .register(registry);
  }

  private Counter failed(String sheet) {
    return Counter.builder("ingest.sheets.failed")
        .description("Syncs of a sheet that failed every try")
        .tag("sheet", sheet)
        .register(registry);
  }
}
