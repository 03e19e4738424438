package ingest.cli.doctor;

import ingest.maintenance.Horizons;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.util.function.Consumer;

/** Whether ids are kept for as long as their events can come again. */
final class HorizonsCheck implements Doctor.Check {
  private final Settings settings;

  HorizonsCheck(Settings settings) {
    this.settings = settings;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    if (!Horizons.KEYS.stream().allMatch(settings::has)) {
      return;
    }
    String what = "retention";
    try {
      Horizons horizons = Horizons.of(settings);
      told.accept(
          Finding.ok(
              what,
              "outbox %d days, waiting at most %d, keys %d, processed ids %d"
                  .formatted(
                      horizons.outbox().toDays(),
                      horizons.park().toDays(),
                      horizons.intake().toDays(),
                      horizons.consumer().toDays())));
    } catch (SettingException e) {
      told.accept(Doctor.unreadable(what, e));
    }
  }
}
