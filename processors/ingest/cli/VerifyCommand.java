package ingest.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.cli.verify.Dialect;
import ingest.cli.verify.Finding;
import ingest.cli.verify.Inspection;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verifies a signed request that somebody kept. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Says whether a signed request is genuine, and which part of it is wrong: a header that is missing, a time that is too long ago, and by how much, or a signature that is of other bytes, such as JSON that was written anew or a line feed too many. Asks nobody; needs no running ingest and no store.",
      "",
      "The secret is never on the command line, where every process sees it: it is the setting of the sender (INGEST_DELIVERY_SECRET, KICK_WEBHOOK_PUBLIC_KEY, SUMSUB_WEBHOOK_SECRET, X_CONSUMER_SECRET, RESEND_WEBHOOK_SECRET), from the environment or SECRETS_DIR, or a file."
    },
    exitCodeList = {
      "0:genuine",
      "1:not genuine; what is wrong is told",
      "2:not understood, or there is nothing to verify with"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest verify delivery --body body.json --headers headers.txt --target stage",
      "  bin/ingest verify sumsub --body body.json --header x-payload-digest=5fb1 --secret-file sumsub.secret",
      "  bin/ingest verify kick --body body.json --headers headers.txt --at 2026-03-01T12:00:00Z --json"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Parameters(paramLabel = "SENDER", description = "${COMPLETION-CANDIDATES}.")
  private Dialect dialect = Dialect.DELIVERY;

  @Option(
      names = "--body",
      required = true,
      paramLabel = "FILE",
      description =
          "The very bytes of the body, as curl --data-binary sends them; of a GET its path with the query.")
  private String body = "";

  @Option(
      names = "--headers",
      paramLabel = "FILE",
      description = "Lines of Name: value, as curl -v shows them, or a JSON object.")
  private @Nullable String headerFile;

  @Option(
      names = "--header",
      paramLabel = "NAME=VALUE",
      description = "A header; may be repeated, and stands before the file's.")
  private Map<String, String> headers = new LinkedHashMap<>();

  @Option(
      names = "--target",
      paramLabel = "NAME",
      description = "Of a delivery: take the secret of this target, such as STAGE_DELIVERY_SECRET.")
  private @Nullable String target;

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description =
          "The secret, or Kick's public key as PEM; a line end after it is no part of it.")
  private @Nullable String secretFile;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description =
          "Ask as of then (RFC 3339): when the request came in. Now, when it is not given.")
  private @Nullable String at;

  @Option(names = "--json", description = "Print JSON: indented on a terminal, else on one line.")
  private boolean json;

  private final Supplier<Settings> settings;
  private final Surroundings around;

  VerifyCommand(Supplier<Settings> settings, Surroundings around) {
    this.settings = settings;
    this.around = around;
  }

  @Override
  public Integer call() {
    Instant now = now();
    Finding found = inspection().inspect(headers(), bytes(body), now);
    if (json) {
      Json.print(told(found), around);
    } else {
      print(found);
    }
    return found.valid() ? 0 : 1;
  }

  private Inspection inspection() {
    try {
      return new Inspection(dialect, secret(), settings.get());
    } catch (IllegalArgumentException | SettingException e) {
      throw new CommandFailure.Misuse(String.valueOf(e.getMessage()));
    }
  }

  private String secret() {
    if (secretFile != null) {
      return new String(bytes(secretFile), StandardCharsets.UTF_8).strip();
    }
    if (target != null && dialect != Dialect.DELIVERY) {
      throw new CommandFailure.Misuse("--target is for deliveries");
    }
    String key = target == null ? dialect.setting() : target + ".delivery-secret";
    return settings
        .get()
        .find(key)
        .orElseThrow(
            () ->
                new CommandFailure.Misuse(
                    "there is no secret: set %s, or give --secret-file"
                        .formatted(Settings.variable(key))));
  }

  private Instant now() {
    try {
      return at == null ? around.clock().instant() : OffsetDateTime.parse(at).toInstant();
    } catch (DateTimeException e) {
      throw new CommandFailure.Misuse("--at is no RFC 3339 time, such as 2026-03-01T12:00:00Z");
    }
  }

  /** By name in lower case. */
  private Map<String, String> headers() {
    Map<String, String> all = new LinkedHashMap<>();
    if (headerFile != null) {
      String text = new String(bytes(headerFile), StandardCharsets.UTF_8);
      if (text.stripLeading().startsWith("{")) {
        fromJson(text, all);
      } else {
        fromLines(text, all);
      }
    }
    headers.forEach((name, value) -> all.put(name.toLowerCase(Locale.ROOT), value));
    return all;
  }

  private void fromJson(String text, Map<String, String> all) {
    try {
      JSON.readTree(text)
          .properties()
          .forEach(
              header -> {
                JsonNode value = header.getValue();
                all.put(
                    header.getKey().toLowerCase(Locale.ROOT),
                    (value.isArray() ? value.path(0) : value).asText());
              });
    } catch (JsonProcessingException e) {
      throw new CommandFailure.Misuse(headerFile + " begins as JSON and is none");
    }
  }

  /** Request lines and what curl -v puts before a header are passed over. */
  private static void fromLines(String text, Map<String, String> all) {
    for (String line : text.lines().toList()) {
      String header = line.replaceFirst("^[<>]\\s?", "");
      int colon = header.indexOf(':');
      if (colon > 0 && header.substring(0, colon).matches("[A-Za-z0-9!#$%&'*+.^_`|~-]+")) {
        all.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
      }
    }
  }

  private byte[] bytes(String file) {
    Path path = around.calledFrom().resolve(file);
    try {
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw new CommandFailure.Misuse("there is no file " + path);
    } catch (IOException e) {
      throw new CommandFailure.Misuse(path + " cannot be read: " + e.getMessage());
    }
  }

  private void print(Finding found) {
    around
        .out()
        .println(
            found.valid()
                ? "genuine: " + found.verdict().message()
                : "not genuine: " + found.verdict().message());
    if (!found.missing().isEmpty()) {
      around.out().println("  missing: " + String.join(", ", found.missing()));
    }
    if (found.signedAt() != null) {
      around.out().println("  signed at " + found.signedAt());
    }
    found.more().forEach(line -> around.out().println("  " + line));
  }

  private static ObjectNode told(Finding found) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("genuine", found.valid());
    node.put("verdict", found.verdict().name().toLowerCase(Locale.ROOT));
    node.put("message", found.verdict().message());
    list(node.putArray("missing"), found.missing());
    node.put("signed_at", found.signedAt() == null ? null : found.signedAt().toString());
    list(node.putArray("more"), found.more());
    return node;
  }

  private static void list(ArrayNode array, List<String> texts) {
    texts.forEach(array::add);
  }
}
