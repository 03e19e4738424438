package ingest.run;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line of a document that its reader is to run.
 *
 * @param prints what the document says that it prints; empty where it does not say
 */
record DocumentedCommand(Path file, int line, String text, List<String> prints) {
  private static final Pattern INGEST = Pattern.compile("((?:[A-Z_]+=\\S+ )*)bin/ingest( .*)?");
  private static final Pattern LEFT_TO_THE_READER = Pattern.compile("([A-Z_]+)=…");

  /** What came of it: its exit code and both streams as one, a curl's status as the last line. */
  record Ended(int code, String output) {}

  /** The commands of a block. */
  static List<DocumentedCommand> of(FencedBlock block, List<String> prints) {
    List<DocumentedCommand> commands = new ArrayList<>();
    for (int i = 0; i < block.lines().size(); i++) {
      String text = block.lines().get(i).strip();
      if (!text.isEmpty()) {
        boolean last = i == block.lines().size() - 1;
        commands.add(
            new DocumentedCommand(block.file(), block.line() + i, text, last ? prints : List.of()));
      }
    }
    return commands;
  }

  boolean ingest() {
    return INGEST.matcher(text).matches();
  }

  /** Whether it starts what runs already. */
  boolean run() {
    return text.matches("bin/ingest run( .*)?");
  }

  boolean curl() {
    return text.startsWith("curl ");
  }

  /**
   * Runs it in bash against {@code running}, whose ports and DSNs stand in for those of the
   * document. {@code bin/ingest} is the Java process that it would become.
   */
  Ended runAgainst(IngestProcess running, Path folder) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "command", ".out");
    ProcessBuilder bash =
        new ProcessBuilder("bash", "-euo", "pipefail", "-c", script(running))
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output.toFile());
    bash.environment().keySet().retainAll(List.of("PATH", "HOME"));
    bash.environment().putAll(running.environment());
    bash.environment()
        .put("INGEST_URL", "http://127.0.0.1:" + running.environment().get("MANAGEMENT_PORT"));
    Process process = bash.start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(this + " does not end");
    }
    return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  private String script(IngestProcess running) {
    String script = text;
    for (Map.Entry<String, String> port : ports(running.environment()).entrySet()) {
      script = script.replace("http://127.0.0.1:" + port.getKey(), port.getValue());
    }
    if (curl()) {
      return script.replaceFirst("curl ", "curl -w '\\\\n%{http_code}' -f ");
    }
    Matcher parts = INGEST.matcher(script);
    if (!parts.matches()) {
      throw new IllegalStateException(this + " is neither bin/ingest nor curl");
    }
    Map<String, String> stores = stores(running);
    String settings =
        LEFT_TO_THE_READER
            .matcher(parts.group(1))
            .replaceAll(m -> m.group(1) + "='" + store(stores, m) + "'");
    String arguments = parts.group(2) == null ? "" : parts.group(2);
    return settings
        + "'"
        + Path.of(System.getProperty("java.home", ""), "bin", "java")
        + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
        + System.getProperty("java.class.path", "")
        + "' ingest.Main"
        + arguments;
  }

  private String store(Map<String, String> stores, MatchResult setting) {
    String store = stores.get(setting.group(1));
    if (store == null) {
      throw new IllegalStateException(this + ": no store is set by " + setting.group(1));
    }
    return store;
  }

  /** The addresses of the documents and those of this run. */
  private static Map<String, String> ports(Map<String, String> settings) {
    return Map.of(
        "8080", "http://127.0.0.1:" + settings.get("HTTP_PORT"),
        "9876", "http://127.0.0.1:" + settings.get("MANAGEMENT_PORT"),
        "18123", "http://127.0.0.1:" + settings.get("EMBEDDED_CLICKHOUSE_PORT"),
        "18080", "http://127.0.0.1:" + settings.get("EMBEDDED_SIMULATOR_PORT"));
  }

  private static Map<String, String> stores(IngestProcess running) {
    Map<String, String> settings = running.environment();
    String postgres = "jdbc:postgresql://127.0.0.1:" + settings.get("EMBEDDED_POSTGRES_PORT");
    return Map.of(
        "DM_DATABASE_URL", postgres + "/dm?user=postgres",
        "DATABASE_URL", postgres + "/stage?user=postgres",
        "CLICKHOUSE_URL", "http://127.0.0.1:" + settings.get("EMBEDDED_CLICKHOUSE_PORT"));
  }

  @Override
  public String toString() {
    return file + ":" + line + " " + text;
  }
}
