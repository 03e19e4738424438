package ingest.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.maintenance.Horizons;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bin/bench}. */
@Command(
    name = "bin/bench",
    description = {
      "How fast the product commits, delivers and consumes, as a ratio to what this machine's"
          + " PostgreSQL does at most, measured by turns in the same run.",
      "It starts a PostgreSQL of its own on a free port of 127.0.0.1, with fsync and"
          + " synchronous_commit on, and removes it at the end."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/bench                          everything",
      "  bin/bench deliver --rounds 7       one section",
      "  bin/bench capacity                 rows, WAL, disk and CPU of an event and of a load",
      "  bin/bench replay --events 1000000  the lag of live events beside a replay; not in all",
      "  bin/bench --quick                  whether it works; too short for a figure",
      "  bin/bench --json results.json      the runs of every round as well",
      "",
      "Exit codes: 0 done, 1 failed or an event was missing, 2 not understood."
    })
public final class Bench implements Callable<Integer> {
  private static final String ALL = "all";
  private static final int MOST_ROUNDS = 101;
  private static final int LEAST_EVENTS = 100;
  private static final int MOST_EVENTS = 1_000_000;
  private static final int QUICK_REPLAY = 20_000;

  @Parameters(
      arity = "0..1",
      paramLabel = "SECTION",
      defaultValue = "all",
      description =
          "commit, upsert, webhooks, deliver, consume, capacity, replay or all (the default, without replay).")
  private String section = "all";

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Rounds after the warm-up; 5, or 2 with --quick.")
  private @Nullable Integer rounds;

  @Option(
      names = "--events",
      paramLabel = "N",
      description = "Events of one run; what is slow takes a fixed part of them.")
  private @Nullable Integer events;

  @Option(names = "--quick", description = "A few thousand events and a small table.")
  private boolean quick;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Writes everything there: machine, settings, each run of each round.")
  private @Nullable Path json;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "Where PostgreSQL keeps its data for the time; the disk to be measured.")
  private @Nullable Path folder;

  @Option(
      names = "--database-url",
      paramLabel = "DSN",
      description = "Measures this PostgreSQL instead; its user may create databases.")
  private @Nullable String databaseUrl;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "This text.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  private final Lab lab;

  private Bench(Lab lab) {
    this.lab = lab;
  }

  public static void main(String[] args) {
    if (System.getenv("LOG_LEVEL") == null) {
      System.setProperty("LOG_LEVEL", "WARN"); // before the first logger is made
    }
    System.exit(
        execute(
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            args));
  }

  /** Does what {@code args} say and cleans up; returns the exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    try (Lab lab = new Lab()) {
      return new CommandLine(new Bench(lab))
          .setOut(out)
          .setErr(err)
          .setParameterExceptionHandler((e, parsed) -> misunderstood(e, err))
          .setExecutionExceptionHandler((e, command, parsed) -> failed(e, lab, err))
          .execute(args);
    }
  }

  private static int misunderstood(ParameterException e, PrintWriter err) {
    err.println(e.getMessage());
    err.println("See bin/bench --help");
    return CommandLine.ExitCode.USAGE;
  }

  /** What a signal cut short is not told: who sent it knows. */
  private static int failed(Exception e, Lab lab, PrintWriter err) {
    if (lab.ended()) {
      return 1;
    }
    if (e instanceof Unbalanced) {
      err.println("wrong: " + e.getMessage());
    } else if (e instanceof SettingException
        || e instanceof SQLException
        || e instanceof IOException
        || e instanceof IllegalArgumentException) {
      err.println(e.getMessage());
    } else {
      e.printStackTrace(err);
    }
    return 1;
  }

  @Override
  public Integer call() throws Exception {
    CommandSpec command = Objects.requireNonNull(spec);
    List<Section> sections = sections(command);
    boolean capacity = section.equals(ALL) || section.equals(Capacity.NAME);
    Plan plan =
        new Plan(
            within(command, "--rounds", rounds, 1, MOST_ROUNDS, quick ? 2 : 5),
            events == null
                ? null
                : within(command, "--events", events, LEAST_EVENTS, MOST_EVENTS, 0),
            quick);
    PrintWriter err = command.commandLine().getErr();
    Progress progress = new Progress(err, System.getProperty("ingest.terminals", "").contains("2"));
    if (section.equals(ReplayLag.NAME)) {
      return replay(command, plan, progress);
    }
    double load = Machine.load();
    Path own =
        lab.folder(folder == null ? Path.of(System.getProperty("java.io.tmpdir")) : from(folder));
    String dsn = databaseUrl;
    Server server = lab.open(() -> dsn == null ? Server.own(own) : Server.given(dsn));
    Report report =
        new Report(
            command.commandLine().getOut(), plan, Machine.described(own), server.described());
    Events source = new Events(Instant.now().truncatedTo(ChronoUnit.MILLIS));
    for (Section each : sections) {
      int mark = lab.mark();
      progress.say(each.name().toLowerCase(Locale.ROOT) + ": setting up");
      List<Standings> standings = new ArrayList<>();
      for (Race race : each.races(lab, server, own, source, plan)) {
        standings.add(race.run(plan.rounds(), progress));
      }
      lab.closeTo(mark);
      progress.done();
      report.add(each, standings);
    }
    if (capacity) {
      int mark = lab.mark();
      progress.say(Capacity.NAME + ": setting up");
      Horizons horizons = Horizons.of(Settings.load(Path.of(""), Map.of()));
      PrintWriter out = command.commandLine().getOut();
      report.capacity(new Capacity(server, plan, horizons, out).run(lab, source, progress));
      lab.closeTo(mark);
      progress.done();
    }
    report.end(load, Machine.load(), !sections.isEmpty());
    if (json != null) {
      Files.writeString(from(json), report.json().toPrettyString() + "\n");
    }
    return 0;
  }

  private int replay(CommandSpec command, Plan plan, Progress progress) throws Exception {
    ReplayLag lag =
        new ReplayLag(
            events == null ? quick ? QUICK_REPLAY : MOST_EVENTS : events,
            plan.rounds(),
            quick ? Duration.ofSeconds(5) : Duration.ofSeconds(20),
            command.commandLine().getOut(),
            progress);
    ObjectNode report =
        lag.run(
            lab,
            lab.folder(
                folder == null ? Path.of(System.getProperty("java.io.tmpdir")) : from(folder)));
    if (json != null) {
      Files.writeString(from(json), report.toPrettyString() + "\n");
    }
    return 0;
  }

  private List<Section> sections(CommandSpec command) {
    List<Section> all = List.of(Section.values());
    if (section.equals(ALL)) {
      return all;
    }
    if (section.equals(Capacity.NAME) || section.equals(ReplayLag.NAME)) {
      return List.of();
    }
    List<Section> chosen =
        all.stream().filter(s -> s.name().toLowerCase(Locale.ROOT).equals(section)).toList();
    if (chosen.isEmpty()) {
      throw new ParameterException(
          command.commandLine(),
          "there is no section %s: %s, capacity, replay or all"
              .formatted(
                  section,
                  Arrays.stream(Section.values())
                      .map(s -> s.name().toLowerCase(Locale.ROOT))
                      .collect(Collectors.joining(", "))));
    }
    return chosen;
  }

  private static int within(
      CommandSpec command, String option, @Nullable Integer value, int least, int most, int usual) {
    if (value == null) {
      return usual;
    }
    if (value < least || value > most) {
      throw new ParameterException(
          command.commandLine(), "%s is from %d to %d".formatted(option, least, most));
    }
    return value;
  }

  /** Relative to where {@code bin/bench} was called. */
  private static Path from(Path path) {
    return Path.of(System.getProperty("ingest.called-from", "")).resolve(path);
  }
}
