package ingest.cli;

import java.io.PrintWriter;

/** The product behind the command line, for the commands that are it rather than ask it. */
@SuppressWarnings("JavaLangClash") // what runs is the ingest; java.lang.Runtime is named in full
public interface Runtime {

  /**
   * Runs until the process is told to end, then drains.
   *
   * @return the exit code
   * @throws ingest.settings.SettingException when it cannot start; the message is all that is told
   */
  int run(RunOptions options);

  /**
   * Brings every store that has a DSN up to date.
   *
   * @return the exit code
   * @throws ingest.settings.SettingException when a store cannot be reached
   */
  int migrate();

  /**
   * Runs one route once and commits nothing.
   *
   * @return the exit code
   * @throws ingest.settings.SettingException when a setting is in the way
   */
  int trial(TrialOptions options, PrintWriter out, PrintWriter err);

  /**
   * Runs the tests of routes.
   *
   * @return the exit code
   */
  int test(TestOptions options, PrintWriter out, PrintWriter err);
}
