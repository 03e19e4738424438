package ingest.cli;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One caller at 2026-03-01 12:00:00 UTC, whose pauses pass at once. */
final class Caller {
  /** What a call left behind. */
  record Result(int code, String out, String err) {}

  /** Remembers what it was told to do. */
  static final class Recorder implements Runtime {
    @Nullable RunOptions options;
    @Nullable TrialOptions trial;
    @Nullable TestOptions tests;
    int migrations;

    @Override
    public int run(RunOptions options) {
      this.options = options;
      return 0;
    }

    @Override
    public int trial(TrialOptions options, PrintWriter out, PrintWriter err) {
      this.trial = options;
      return 0;
    }

    @Override
    public int test(TestOptions options, PrintWriter out, PrintWriter err) {
      this.tests = options;
      return 0;
    }

    @Override
    public int migrate() {
      migrations++;
      throw new SettingException("DM_DATABASE_URL is not set");
    }
  }

  final Recorder runtime = new Recorder();
  final Map<String, String> environment = new HashMap<>();
  final List<Duration> pauses = new ArrayList<>();
  boolean embedded;
  InputStream in = InputStream.nullInputStream();

  private final Path root;

  Caller(Path root) {
    this.root = root;
  }

  Caller with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Caller typing(String input) {
    in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  Result calls(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Cli.execute(runtime, () -> Settings.load(root, environment), around(out, err), args);
    return new Result(code, out.toString(), err.toString());
  }

  Surroundings around(StringWriter out, StringWriter err) {
    return new Surroundings(
        new PrintWriter(out),
        new PrintWriter(err),
        in,
        false,
        false,
        root,
        root,
        Clock.fixed(Instant.parse("2026-03-01T12:00:00Z"), ZoneOffset.UTC),
        pauses::add,
        embedded);
  }
}
