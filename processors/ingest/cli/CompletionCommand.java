package ingest.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what a shell needs to complete words. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Prints a script by which bash and zsh complete commands, options and their values.",
      "It completes bin/ingest and any other way to call a program named ingest."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(bin/ingest completion)                                    this shell",
      "  bin/ingest completion > ~/.local/share/bash-completion/completions/ingest   each bash"
    })
final class CompletionCommand implements Runnable {
  private static final String PROGRAM = "ingest";

  private final Surroundings around;

  @Spec private CommandSpec spec = CommandSpec.create();

  CompletionCommand(Surroundings around) {
    this.around = around;
  }

  @Override
  public void run() {
    around.out().print(AutoComplete.bash(PROGRAM, spec.root().commandLine()));
    around.out().flush();
  }
}
