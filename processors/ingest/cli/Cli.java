package ingest.cli;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line.
 *
 * <p>Starts quickly because a command that asks a running ingest touches neither Camel nor Spring
 * nor a log.
 */
public final class Cli {
  private Cli() {}

  /** What holds for every command. */
  @Command(
      name = "bin/ingest",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      synopsisSubcommandLabel = "COMMAND",
      description =
          "One shared tier that talks to the outside world so that no environment has to.",
      footerHeading = "%nExamples:%n",
      footer = {
        "  bin/ingest run                     everything on this machine, stores included",
        "  bin/ingest doctor                  what is missing, and how to mend it",
        "  bin/ingest status                  what waits, was delivered, and is dead",
        "  bin/ingest emit events.ndjson      commit events from a file"
      })
  private static final class Ingest {}

  /**
   * Does what {@code args} say.
   *
   * @param settings read by the commands that need them, once they do
   * @return the exit code: 0 done, 1 failed, 2 not understood
   */
  public static int execute(Runtime runtime, Supplier<Settings> settings, String... args) {
    return execute(runtime, settings, Surroundings.ofThisProcess(), args);
  }

  static int execute(
      Runtime runtime, Supplier<Settings> settings, Surroundings around, String... args) {
    CommandLine line = commands(runtime, settings, around);
    line.setOut(around.out());
    line.setErr(around.err());
    line.setColorScheme(CommandLine.Help.defaultColorScheme(around.ansi()));
    line.setUsageHelpAutoWidth(around.terminal());
    line.setParameterExceptionHandler((e, unused) -> misunderstood(e));
    line.setExecutionExceptionHandler((e, command, unused) -> failed(e, command));
    int code = line.execute(args);
    around.out().flush();
    around.err().flush();
    return code;
  }

  /** All of them, below the one that is {@code bin/ingest}. */
  static CommandLine commands(Runtime runtime, Supplier<Settings> settings, Surroundings around) {
    CommandLine line =
        new CommandLine(new Ingest())
            .addSubcommand(new RunCommand(runtime))
            .addSubcommand(new MigrateCommand(runtime))
            .addSubcommand(new StatusCommand(settings, around))
            .addSubcommand(new DoctorCommand(settings, around))
            .addSubcommand(new ConfigCommand(settings, around))
            .addSubcommand(new CheckCommand(settings, around))
            .addSubcommand(new PollersCommand(settings, around))
            .addSubcommand(new TargetsCommand(settings, around))
            .addSubcommand(new ChannelCommand(settings, around))
            .addSubcommand(new EmitCommand(settings, around))
            .addSubcommand(new RefeedCommand(settings, around))
            .addSubcommand(new BalanceCommand(settings, around))
            .addSubcommand(new WhereCommand(settings, around))
            .addSubcommand(new ReplayCommand(settings, around))
            .addSubcommand(new DeadCommand(settings, around))
            .addSubcommand(new RequeueCommand(settings, around))
            .addSubcommand(new AbandonCommand(settings, around))
            .addSubcommand(new RebuildCommand(settings, around))
            .addSubcommand(new EraseCommand(settings, around))
            .addSubcommand(new OperationsCommand(settings, around))
            .addSubcommand(new AuditCommand(settings, around))
            .addSubcommand(new TailCommand(settings, around))
            .addSubcommand(new VerifyCommand(settings, around))
            .addSubcommand(new TryCommand(runtime, around))
            .addSubcommand(new TestCommand(runtime, around))
            .addSubcommand(new CompletionCommand(around));
    tellExitCodes(line);
    return line;
  }

  /** In every help; a command whose codes mean more says so itself. */
  private static void tellExitCodes(CommandLine line) {
    CommandLine.Model.UsageMessageSpec usage = line.getCommandSpec().usageMessage();
    usage.exitCodeListHeading("%nExit codes:%n");
    if (usage.exitCodeList().isEmpty()) {
      Map<String, String> codes = new LinkedHashMap<>();
      codes.put("0", "done");
      codes.put("1", "failed; a message says why");
      codes.put("2", "not understood");
      usage.exitCodeList(codes);
    }
    line.getSubcommands().values().forEach(Cli::tellExitCodes);
  }

  /** A near word, or where to read on; the whole usage only where a command is missing. */
  private static int misunderstood(ParameterException e) {
    CommandLine command = e.getCommandLine();
    command.getErr().println(command.getColorScheme().errorText(e.getMessage()));
    if (command.getParent() == null && !(e instanceof UnmatchedArgumentException)) {
      command.usage(command.getErr());
    } else if (!UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
      command.getErr().println("See " + command.getCommandSpec().qualifiedName() + " --help");
    }
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int failed(Exception e, CommandLine command) {
    if (e instanceof CommandFailure || e instanceof SettingException) {
      command
          .getErr()
          .println(
              command.getColorScheme().errorText(Text.oneLine(String.valueOf(e.getMessage()))));
    } else {
      command.getErr().println(command.getColorScheme().stackTraceText(e));
    }
    return e instanceof CommandFailure.Misuse
        ? command.getCommandSpec().exitCodeOnInvalidInput()
        : command.getCommandSpec().exitCodeOnExecutionException();
  }
}
