package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ingest.settings.Settings;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Every command there is, and those to come, by walking them. */
class HelpTest {
  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

  @TempDir private Path folder = Path.of("");

  private static CommandLine tree() {
    Caller caller = new Caller(Path.of(""));
    return Cli.commands(
        caller.runtime,
        () -> Settings.load(Path.of(""), Map.of()),
        caller.around(new StringWriter(), new StringWriter()));
  }

  /** By qualified name, bin/ingest itself too; help and version are picocli's. */
  static Map<String, CommandLine> all() {
    Map<String, CommandLine> all = new TreeMap<>();
    add(tree(), all);
    return all;
  }

  private static void add(CommandLine line, Map<String, CommandLine> all) {
    all.put(line.getCommandSpec().qualifiedName(), line);
    line.getSubcommands().values().forEach(sub -> add(sub, all));
  }

  static Stream<String> names() {
    return all().keySet().stream();
  }

  private static CommandLine named(String name) {
    CommandLine line = all().get(name);
    return line == null ? fail("no command " + name) : line;
  }

  /** What stands after an example to explain it is three spaces apart. */
  private static List<String> examples(CommandLine line) {
    return Arrays.stream(line.getCommandSpec().usageMessage().footer())
        .filter(footer -> footer.contains("bin/ingest"))
        .map(footer -> footer.strip().split("\\s{3,}", -1)[0])
        .toList();
  }

  private static List<String> words(String example) {
    String call =
        example
            .substring(example.indexOf("bin/ingest") + "bin/ingest".length())
            .replaceFirst("\\s[|>].*", "")
            .replaceFirst("\\)$", "");
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(call);
    while (matcher.find()) {
      words.add(
          Stream.of(1, 2, 3)
              .map(matcher::group)
              .filter(java.util.Objects::nonNull)
              .findFirst()
              .orElseThrow());
    }
    return words;
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_command_says_what_it_does_and_what_its_exit_codes_mean(String name) {
    CommandSpec spec = named(name).getCommandSpec();
    assertTrue(
        spec.usageMessage().description().length > 0
            && !spec.usageMessage().description()[0].isBlank(),
        "no description");
    String help = named(name).getUsageMessage(CommandLine.Help.Ansi.OFF);
    assertTrue(help.contains("Exit codes:"), help);
    for (String code : List.of("0", "1", "2")) {
      assertTrue(spec.usageMessage().exitCodeList().containsKey(code), "exit code " + code);
    }
    assertTrue(spec.optionsMap().containsKey("--help"), "no --help");
    for (ArgSpec argument : spec.args()) {
      assertTrue(
          argument.hidden() || argument.description().length > 0 || !argument.isOption(),
          argument.paramLabel() + " is not described");
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_command_has_an_example_of_its_own_or_its_parents(String name) {
    CommandLine line = named(name);
    List<String> examples = new ArrayList<>(examples(line));
    if (line.getParent() != null) {
      examples.addAll(examples(line.getParent()));
    }
    assertTrue(
        examples.stream().anyMatch(example -> example.contains(name))
            || (name.endsWith(" list") && !examples.isEmpty()),
        "no example of " + name + " among " + examples);
  }

  @ParameterizedTest
  @MethodSource("names")
  void each_example_is_understood(String name) {
    for (String example : examples(named(name))) {
      try {
        tree().parseArgs(words(example).toArray(new String[0]));
      } catch (ParameterException e) {
        fail(example + ": " + e.getMessage());
      }
    }
  }

  /** As bash calls it when somebody presses the tab key. */
  @ParameterizedTest
  @CsvSource({
    "'', status",
    "tar, targets",
    "'targets ', set",
    "'targets set stage ', paused",
    "'verify ', sumsub",
    "'tail --subj', --subject"
  })
  void bash_completes(String typed, String candidate) throws Exception {
    Caller.Result script = new Caller(folder).calls("completion");
    assertEquals(0, script.code());
    Path file = Files.writeString(folder.resolve("completion.bash"), script.out());
    List<String> typedWords = new ArrayList<>(List.of(typed.split(" ", -1)));
    typedWords.add(0, "ingest");
    StringBuilder quoted = new StringBuilder();
    typedWords.forEach(word -> quoted.append('\'').append(word).append("' "));
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                "source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _complete_ingest; printf '%%s\\n' \"${COMPREPLY[@]}\""
                    .formatted(file, quoted, typedWords.size() - 1))
            .redirectErrorStream(true)
            .start();
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(bash.waitFor(20, TimeUnit.SECONDS));
    assertTrue(out.lines().map(String::strip).toList().contains(candidate), out);
  }

  @Test
  void there_are_commands_to_walk() {
    assertTrue(all().size() > 20, all().keySet().toString());
  }
}
