package ingest.trial;

import ingest.settings.Mask;
import ingest.settings.Settings;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** Runs route tests: each is a trial with everything given, so neither network nor database. */
public final class RouteTestRun {
  private static final String TARGETS = "ingest.target-envs";

  private final Settings settings;
  private final BiFunction<Settings, Clock, Trial> trials;

  /**
   * Tests against these settings.
   *
   * @param settings without those of this machine, or a test would tell another story elsewhere
   * @param trials makes the trial for settings and a clock, with no database
   */
  public RouteTestRun(Settings settings, BiFunction<Settings, Clock, Trial> trials) {
    this.settings = settings;
    this.trials = trials;
  }

  /** What was not as the test expects; empty when it holds. */
  public List<Difference> run(RouteTest test) {
    Map<String, String> unknown = new TreeMap<>(test.settings());
    unknown.keySet().removeIf(settings.asProperties()::containsKey);
    String targets = test.settings().get(TARGETS);
    if (targets != null) { // the keys of each stand in no file
      settings
          .with("the test", Map.of(TARGETS, targets))
          .known()
          .forEach(s -> unknown.remove(s.key()));
    }
    if (!unknown.isEmpty()) {
      String key = unknown.keySet().iterator().next();
      return List.of(
          new Difference(
              test.givenPlace("/settings/" + key),
              key,
              "a setting of application.properties",
              "none"));
    }
    Settings own = settings.with("the test", test.settings());
    GivenByTest given = new GivenByTest(test);
    try {
      Journal journal = trials.apply(own, test.clock()).run(test.ask(given), entry -> {});
      return new Comparison(test, Mask.of(own.known())).of(journal, given);
    } catch (TrialException e) {
      return List.of(
          new Difference(
              test.file() + ":1",
              "route " + test.route(),
              "to be tried",
              String.valueOf(e.getMessage())));
    }
  }
}
