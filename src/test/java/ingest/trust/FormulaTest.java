package ingest.trust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cases worked out by hand, as in docs/trust-score.md, and what holds of all. */
final class FormulaTest {
  private static final Instant AT = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");
  private static final double EXACT = 1e-9;
  private static final int WORLDS = 3_000;

  private static Streamed stream(
      int daysAgo, int hours, int samples, int average, int peak, int follows) {
    Instant began = AT.minus(Duration.ofDays(daysAgo));
    return new Streamed(
        began,
        began.plus(Duration.ofHours(hours)),
        samples == 0 ? null : peak,
        samples,
        (long) samples * average,
        follows);
  }

  /** One stream of five hours a week. */
  private static Known weekly(int average, int peak) {
    return new Known(
        AT,
        LONG_AGO,
        5_000,
        true,
        IntStream.range(0, 12)
            .mapToObj(w -> stream(1 + 7 * w, 5, 300, average, peak, 20))
            .toList());
  }

  private static void holds(double low, double high, Known known) {
    Score score = Formula.of(known);
    assertEquals(low, score.low(), EXACT, score::toString);
    assertEquals(high, score.high(), EXACT, score::toString);
    assertEquals((low + high) / 2, score.value(), EXACT);
  }

  /**
   * Twelve weeks, 5 h each, 100 viewers (peak 150), 20 follows each, 5,000 followers.
   *
   * <p>60 hours: certainty 60 / 80 = 0.75. 60 h x 100 = 6,000 viewer-hours, 240 follows.
   */
  @Test
  void an_established_channel() {
    // 240 / (240 + 0.02 x 6,000) = 240 / 360; 35 x 0.75 x 2/3 = 17.5; unknown 35 x 0.25 = 8.75
    double engagement = 17.5;
    // 100 / 5,000 / 0.15 = 2/15; 1 / (1 + 4/225) = 225/229; 25 x 0.75 x 225/229; unknown 6.25
    double audience = 18.75 * 225 / 229;
    // 150 / 100 = 1.5 is alive and not jumping; all streams alike: 20 x 0.75 = 15; unknown 5
    double curve = 15;
    // 12 of 12 weeks: 20 x 0.95 = 19; unknown 1
    double regularity = 19;
    double low = engagement + audience + curve + regularity; // 69.92
    holds(low, low + 8.75 + 6.25 + 5 + 1, weekly(100, 150)); // 90.92, score 80.42
  }

  /** The same with 900 viewers bought, who stay from beginning to end: 1,000, peak 1,010. */
  @Test
  void the_same_channel_with_bought_viewers() {
    // 60,000 viewer-hours: 240 / (240 + 1,200) = 1/6; 35 x 0.75 / 6 = 4.375
    // 1,000 / 5,000 / 0.15 = 4/3; 1 / (1 + 16/9) = 0.36; 25 x 0.75 x 0.36 = 6.75
    // 1,010 / 1,000 = 1.01 is flat: 0
    // 12 of 12 weeks: 19
    holds(30.125, 30.125 + 8.75 + 6.25 + 5 + 1, weekly(1_000, 1_010)); // 51.125, score 40.625
  }

  @Test
  void a_channel_of_which_nothing_is_known() {
    holds(0, 100, new Known(AT, AT, null, false, List.of()));
  }

  /** 20 x 0.95 points are lost for sure; the unknown: 35 + 25 + 20 + 20 x 0.05 = 81. */
  @Test
  void a_channel_that_never_streams() {
    holds(0, 81, new Known(AT, LONG_AGO, 100, true, List.of()));
  }

  /**
   * Known for four weeks; streams of 4 h, 1, 8 and 9 days ago, with 6, 6 and 90 viewers, no follow.
   *
   * <p>12 hours: certainty 12 / 32 = 0.375.
   */
  @Test
  void an_audience_of_one_evening() {
    Known known =
        new Known(
            AT,
            AT.minus(Duration.ofDays(29)),
            null,
            true,
            List.of(
                stream(1, 4, 100, 90, 120, 0),
                stream(8, 4, 100, 6, 9, 0),
                stream(9, 4, 100, 6, 9, 0)));
    // no follow: 0; unknown 35 x 0.625 = 21.875
    // nobody told of followers: unknown 25
    // 90 / 6 = 15 times the usual, from 10 on it counts as 0; unknown 20 x 0.625 = 12.5
    // 2 of 4 weeks, 4 of 12 observed: 20 x (0.95 x 4/12) x 0.5 = 19/6; unknown 20 - 19/3
    holds(19.0 / 6, 19.0 / 6 + 21.875 + 25 + 12.5 + 20 - 19.0 / 3, known); // 3.17 to 76.21
  }

  @ParameterizedTest(name = "{0} viewers on average, {1} at most: {2}")
  @CsvSource({
    "100, 102, 0", // flat
    "1000, 1085, 0.5", // halfway from 1.02 to 1.15
    "100, 115, 1",
    "100, 250, 1",
    "100, 375, 0.5", // halfway from 2.5 to 5
    "100, 500, 0",
    "100, 900, 0",
    "4, 4, 1", // too few for a curve
    "4, 40, 1"
  })
  void a_curve_is_flat_alive_or_jumping(int average, int peak, double value) {
    Known known = new Known(AT, LONG_AGO, null, false, List.of(stream(1, 2, 10, average, peak, 0)));
    assertEquals(value, part(Formula.CURVE, known).value(), EXACT);
  }

  @Test
  void a_stream_that_was_hardly_polled_has_no_curve() {
    Known known = new Known(AT, LONG_AGO, null, false, List.of(stream(1, 2, 9, 100, 100, 0)));
    assertEquals(0, part(Formula.CURVE, known).certainty());
  }

  @Test
  void follows_that_nobody_would_tell_of_are_not_missed() {
    List<Streamed> streams = List.of(stream(1, 5, 300, 100, 150, 0));
    Part untold = part(Formula.ENGAGEMENT, new Known(AT, LONG_AGO, null, false, streams));
    assertEquals(35, untold.high() - untold.low(), EXACT);
    assertTrue(part(Formula.ENGAGEMENT, new Known(AT, LONG_AGO, null, true, streams)).high() < 35);
  }

  private static Part part(String name, Known known) {
    return Formula.of(known).parts().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Anything that the database could hold. */
  private static Known any(Random random) {
    List<Streamed> streams = new ArrayList<>();
    for (int n = random.nextInt(12); n > 0; n--) {
      streams.add(anyStream(random));
    }
    Integer followers = random.nextBoolean() ? null : random.nextInt(100_000);
    Instant seen = AT.minus(Duration.ofDays(random.nextInt(120)));
    return new Known(AT, seen, followers, random.nextBoolean(), streams);
  }

  private static Streamed anyStream(Random random) {
    int samples = random.nextInt(3) == 0 ? random.nextInt(3) : random.nextInt(500);
    int peak = random.nextInt(4) == 0 ? 0 : random.nextInt(5_000);
    return new Streamed(
        AT.minus(Duration.ofSeconds(random.nextLong(Known.WINDOW.toSeconds()))),
        AT.plus(Duration.ofSeconds(random.nextInt(200_000))),
        samples == 0 ? null : peak,
        samples,
        samples == 0 || peak == 0 ? 0 : random.nextLong((long) samples * peak),
        random.nextInt(50));
  }

  private static double width(Known known) {
    Score score = Formula.of(known);
    return score.high() - score.low();
  }

  @Test
  void a_score_is_bounded_and_in_its_band_and_the_same_again() {
    Random random = new Random(1);
    for (int world = 0; world < WORLDS; world++) {
      Known known = any(random);
      Score score = Formula.of(known);
      assertTrue(score.low() >= 0 && score.high() <= 100 + EXACT, known::toString);
      assertTrue(score.low() <= score.value() && score.value() <= score.high(), known::toString);
      for (Part part : score.parts()) {
        assertTrue(part.value() >= 0 && part.value() <= 1, part::toString);
        assertTrue(part.certainty() >= 0 && part.certainty() < 1, part::toString);
      }
      assertEquals(100, score.parts().stream().mapToInt(Part::weight).sum());
      List<Streamed> turned = new ArrayList<>(known.streams());
      java.util.Collections.shuffle(turned, random);
      assertEquals(
          score,
          Formula.of(
              new Known(AT, known.firstSeenAt(), known.followers(), known.followsHeard(), turned)));
    }
  }

  /** Another stream, more polls of one, follows or followers told, a longer time known. */
  @Test
  void more_evidence_never_widens_the_band() {
    Random random = new Random(2);
    for (int world = 0; world < WORLDS; world++) {
      Known known = any(random);
      Known more = more(known, random);
      assertTrue(width(more) <= width(known) + EXACT, () -> known + "\n" + more);
    }
  }

  private static Known more(Known known, Random random) {
    List<Streamed> streams = new ArrayList<>(known.streams());
    Instant seen = known.firstSeenAt();
    Integer followers = known.followers();
    boolean heard = known.followsHeard();
    switch (random.nextInt(5)) {
      case 0 -> streams.add(anyStream(random));
      case 1 -> seen = seen.minus(Duration.ofDays(random.nextInt(30)));
      case 2 -> followers = followers == null ? random.nextInt(100_000) : followers;
      case 3 -> heard = true;
      default -> {
        if (!streams.isEmpty()) {
          Streamed s = streams.remove(0);
          int polls = 1 + random.nextInt(50);
          Integer peak = s.peak();
          int watched = random.nextInt(1_000);
          streams.add(
              new Streamed(
                  s.startedAt(),
                  s.endedAt(),
                  Math.max(peak == null ? 0 : peak, watched),
                  s.samples() + polls,
                  s.viewers() + (long) polls * watched,
                  s.follows()));
        }
      }
    }
    return new Known(AT, seen, followers, heard, streams);
  }

  /** An audience whose curves are alive and whose streams are alike. */
  private static Known ordinary(Random random, @Nullable Integer followers) {
    int usual = 10 + random.nextInt(500);
    List<Streamed> streams = new ArrayList<>();
    for (int n = 1 + random.nextInt(20); n > 0; n--) {
      int average = (int) Math.ceil(usual * (0.7 + 0.8 * random.nextDouble()));
      int peak = (int) Math.ceil(average * (1.2 + 1.1 * random.nextDouble()));
      streams.add(
          stream(
              1 + random.nextInt(80),
              1 + random.nextInt(8),
              10 + random.nextInt(300),
              average,
              peak,
              random.nextInt(30)));
    }
    return new Known(AT, LONG_AGO, followers, true, streams);
  }

  /**
   * However they are bought: for all streams or for some, from beginning to end or for a while. Who
   * has neither follows nor a number of followers had nothing to lose but the shape of its curves.
   */
  @Test
  void bought_viewers_lower_the_score() {
    Random random = new Random(3);
    for (int world = 0; world < WORLDS; world++) {
      Known known = ordinary(random, random.nextInt(4) == 0 ? null : random.nextInt(50_000));
      Known bought = bought(known, random);
      double before = Formula.of(known).value();
      double after = Formula.of(bought).value();
      boolean judged =
          known.followers() != null || known.streams().stream().anyMatch(s -> s.follows() > 0);
      assertTrue(judged ? after < before : after <= before, () -> known + "\n" + bought);
    }
  }

  private static Known bought(Known known, Random random) {
    List<Streamed> streams = new ArrayList<>();
    for (Streamed s : known.streams()) {
      boolean spared = !streams.isEmpty() && random.nextInt(3) == 0;
      int more = spared ? 0 : (int) (s.average() * (1 + 5 * random.nextDouble()));
      int polls = random.nextBoolean() ? s.samples() : 1 + random.nextInt(s.samples());
      Integer peak = s.peak();
      streams.add(
          new Streamed(
              s.startedAt(),
              s.endedAt(),
              (peak == null ? 0 : peak) + more,
              s.samples(),
              s.viewers() + (long) more * polls,
              s.follows()));
    }
    return new Known(AT, known.firstSeenAt(), known.followers(), true, streams);
  }
}
