package ingest.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.store.TestStores;
import ingest.upstream.NotPermitted.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each instance has permits of its own over the one database. */
final class SharedPermitsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final Heard COST_25 = new Heard(null, null, null, 25);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private SharedPermits instance(Limits limits) {
    Map<String, Limits> all = Map.of("kick", limits);
    return new SharedPermits(STORES.dm(), all, new UpstreamMetrics(meters, all));
  }

  private Standing kick() throws Exception {
    return instance(Limits.NONE).standings().get(0);
  }

  /**
   * 1200 a minute are 50 ms and a bit; forty calls of four instances take no less than 39 of them.
   */
  @Test
  void instances_take_turns_of_one_row() throws Exception {
    int calls = 40;
    ExecutorService instances = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Instant>> takes = new ArrayList<>();
      for (int call = 0; call < calls; call++) {
        SharedPermits own = instance(new Limits(1_200, 0));
        takes.add(
            () -> {
              own.take("kick", 1);
              return Instant.now();
            });
      }
      List<Instant> at = new ArrayList<>();
      for (var take : instances.invokeAll(takes)) {
        at.add(take.get());
      }
      at.sort(null);
      Duration least = Duration.ofMillis(62_000 / 1_200).multipliedBy(calls - 1);
      Duration took = Duration.between(at.get(0), at.get(calls - 1));
      // the first turn may itself have been waited for by a few milliseconds
      assertTrue(took.compareTo(least.minusMillis(100)) > 0, () -> took + " for " + least);
      assertEquals(calls, kick().calls());
    } finally {
      instances.shutdown();
    }
  }

  @Test
  void a_refusal_pauses_every_instance_for_as_long_as_was_asked() throws Exception {
    SharedPermits one = instance(Limits.NONE);
    Permit permit = one.take("kick", 1);
    one.refused(permit, Heard.NOTHING, Duration.ofSeconds(90));
    NotPermitted refusal =
        assertThrows(NotPermitted.class, () -> instance(Limits.NONE).take("kick", 1));
    assertEquals(Reason.PAUSED, refusal.reason());
    STORES.clock(Duration.ofSeconds(91));
    one.take("kick", 1);
  }

  @Test
  void refusals_in_a_row_that_ask_for_nothing_pause_ever_longer() throws Exception {
    SharedPermits one = instance(Limits.NONE);
    Permit permit = one.take("kick", 1);
    Duration last = Duration.ZERO;
    for (int refusals = 0; refusals < 5; refusals++) {
      one.refused(permit, Heard.NOTHING, null);
      Duration pause =
          Duration.between(Instant.now(), java.util.Objects.requireNonNull(kick().pausedUntil()));
      Duration before = last;
      assertTrue(pause.compareTo(before) > 0, () -> pause + " after " + before);
      last = pause;
    }
  }

  @Test
  void failures_in_a_row_open_the_breaker_and_an_answer_closes_it() throws Exception {
    SharedPermits one = instance(Limits.NONE);
    for (int failed = 0; failed < Pace.BROKEN; failed++) {
      one.failed(one.take("kick", 1), Heard.NOTHING);
    }
    assertEquals(
        Reason.BREAKER, assertThrows(NotPermitted.class, () -> one.take("kick", 1)).reason());
    STORES.clock(Duration.ofSeconds(31));
    SharedPermits two = instance(Limits.NONE);
    Permit probe = two.take("kick", 1);
    assertThrows(NotPermitted.class, () -> one.take("kick", 1), "one probes, not all");
    two.answered(probe, Heard.NOTHING);
    one.take("kick", 1);
    assertEquals(0, kick().failures());
  }

  @Test
  void a_failed_probe_opens_it_for_twice_as_long() throws Exception {
    SharedPermits one = instance(Limits.NONE);
    for (int failed = 0; failed < Pace.BROKEN; failed++) {
      one.failed(one.take("kick", 1), Heard.NOTHING);
    }
    STORES.clock(Duration.ofSeconds(31));
    one.failed(one.take("kick", 1), Heard.NOTHING);
    STORES.clock(Duration.ofSeconds(31 + 55));
    assertThrows(NotPermitted.class, () -> one.take("kick", 1));
    STORES.clock(Duration.ofSeconds(31 + 61));
    one.take("kick", 1);
  }

  @Test
  void credits_are_reckoned_before_a_call_and_put_right_by_its_answer() throws Exception {
    SharedPermits one = instance(new Limits(0, 100));
    one.answered(one.take("kick", 10), COST_25);
    assertEquals(25, kick().credits());
    one.spent(one.take("kick", 10), new Heard(null, null, null, 0));
    assertEquals(25, kick().credits());
    one.take("kick", 75);
    assertEquals(
        Reason.CREDITS,
        assertThrows(NotPermitted.class, () -> instance(new Limits(0, 100)).take("kick", 1))
            .reason());
    STORES.clock(Duration.ofDays(1));
    one.take("kick", 10);
    assertEquals(10, kick().credits());
  }

  @Test
  void the_upstreams_own_limit_is_kept_for_all() throws Exception {
    SharedPermits one = instance(Limits.NONE);
    Instant reset = Instant.now().plusSeconds(600);
    one.answered(one.take("kick", 1), new Heard(10, 4L, reset, null));
    SharedPermits two = instance(Limits.NONE);
    two.take("kick", 1);
    assertEquals(3, kick().remaining(), "less the call that was just permitted");
    one.answered(
        new Permit("kick", java.time.LocalDate.EPOCH, 0, false), new Heard(10, 5L, reset, null));
    assertEquals(3, kick().remaining(), "an older answer that comes late");
    assertThrows(NotPermitted.class, () -> two.take("kick", 1));
  }

  @Test
  void a_pause_for_another_reason_is_told() throws Exception {
    SharedPermits one = instance(Limits.NONE);
    one.take("kick", 1);
    one.pause("kick", Instant.now().plusSeconds(3_600), "usage capped");
    NotPermitted refusal = assertThrows(NotPermitted.class, () -> one.take("kick", 1));
    assertTrue(String.valueOf(refusal.getMessage()).contains("usage capped"));
    assertEquals(
        1.0,
        meters.counter("ingest.upstream.refused", "upstream", "kick", "reason", "paused").count());
  }
}
