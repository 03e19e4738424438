package ingest.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.cli.doctor.Doctor;
import ingest.cli.doctor.Finding;
import ingest.cli.doctor.Finding.Level;
import ingest.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.Option;

/** Examines this machine and its settings; needs no running ingest. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Examines this machine, the settings, and what they lead to: stores, upstreams, targets.",
      "Each line is a finding and, where something is wrong, how to mend it. Shows no secret, changes nothing. Exits with 1 when a finding is FAIL."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  bin/ingest doctor", "  INGEST_ENV=production bin/ingest doctor --json"})
final class DoctorCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print the findings as JSON.")
  private boolean json;

  private final Supplier<Settings> settings;
  private final Surroundings around;

  DoctorCommand(Supplier<Settings> settings, Surroundings around) {
    this.settings = settings;
    this.around = around;
  }

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>();
    new Doctor(around.root(), around.embedded())
        .examine(
            settings,
            finding -> {
              findings.add(finding);
              if (!json) {
                around.out().println(line(finding));
              }
            });
    boolean failed = findings.stream().anyMatch(f -> f.level() == Level.FAIL);
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode answer = mapper.createObjectNode().put("ok", !failed);
      answer.set("findings", mapper.valueToTree(findings));
      Json.print(answer, around);
    }
    return failed ? 1 : 0;
  }

  private String line(Finding finding) {
    String level = String.format("%-4s", finding.level());
    Style style =
        switch (finding.level()) {
          case OK -> Style.fg_green;
          case WARN -> Style.fg_yellow;
          case FAIL -> Style.fg_red;
        };
    return "%s  %s: %s%s"
        .formatted(
            around.ansi().enabled() ? style.on() + level + style.off() : level,
            finding.what(),
            Text.oneLine(finding.finding()),
            finding.mend() == null ? "" : "  -> " + finding.mend());
  }
}
