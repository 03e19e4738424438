package ingest.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class StandingsTest {
  private static Sample perSecond(long events) {
    return new Sample(
        events, 1_000_000_000, events * 100, events * 2_000, events * 3_000, events * 2);
  }

  @Test
  void the_middle_of_an_even_number_of_values_is_the_mean_of_two() {
    assertEquals(new Spread(2, 1, 9), Spread.of(List.of(9.0, 1.0, 2.0)));
    assertEquals(new Spread(3, 1, 9), Spread.of(List.of(9.0, 4.0, 1.0, 2.0)));
  }

  @Test
  void a_ratio_is_taken_to_the_run_beside_it_whatever_the_machine_did_meanwhile() {
    Standings.Line line =
        new Standings.Line(
            "ours",
            List.of(
                new Standings.Pair(perSecond(1_000), perSecond(500)),
                new Standings.Pair(perSecond(100), perSecond(50)),
                new Standings.Pair(perSecond(10), perSecond(6))),
            List.of());
    assertEquals(new Spread(0.5, 0.5, 0.6), line.ratio());
  }

  @Test
  void what_an_event_costs_is_told_where_the_servers_part_is_known() {
    Sample limit = new Sample(10, 1_000, 0, 200, 300, 10);
    Sample ours = new Sample(20, 1_000, 0, 2_000, 1_000, 10);
    Sample elsewhere = new Sample(10, 1_000, 0, 200, 0, 10);
    assertEquals(
        OptionalDouble.of(3),
        new Standings.Line("ours", List.of(new Standings.Pair(limit, ours)), List.of()).cpuRatio());
    assertEquals(
        OptionalDouble.empty(),
        new Standings.Line("ours", List.of(new Standings.Pair(elsewhere, ours)), List.of())
            .cpuRatio());
  }

  @Test
  void a_figure_is_per_event() {
    Sample sample = perSecond(1_000);
    assertEquals(1_000, Sample.Figure.EVENTS_PER_SECOND.of(sample));
    assertEquals(100, Sample.Figure.WAL_BYTES_PER_EVENT.of(sample));
    assertEquals(2, Sample.Figure.OWN_CPU_MICROS_PER_EVENT.of(sample));
    assertEquals(3, Sample.Figure.POSTGRES_CPU_MICROS_PER_EVENT.of(sample));
    assertEquals(2, Sample.Figure.STATEMENTS_PER_EVENT.of(sample));
  }
}
