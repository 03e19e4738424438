package ingest.reload;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.component.quartz.QuartzComponent;
import org.apache.camel.component.quartz.QuartzEndpoint;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.service.ServiceHelper;
import org.jspecify.annotations.Nullable;
import org.quartz.JobKey;
import org.quartz.SchedulerException;

/**
 * Changes the routes that run, one at a time. While a helper is away its callers wait for it, and a
 * caller over HTTP is asked to come again.
 */
final class Live {
  private static final Duration LOOK_EVERY = Duration.ofMillis(20);
  private static final Duration STOP = Duration.ofSeconds(10);

  private final CamelContext camel;
  private final Duration drain;

  /**
   * @param drain how long what is on its way in a route is waited for
   */
  Live(CamelContext camel, Duration drain) {
    this.camel = camel;
    this.drain = drain;
  }

  /**
   * What happens to one route: it is replaced, comes or goes.
   *
   * @param cause the file that was edited
   */
  record Step(@Nullable Flow before, @Nullable Flow after, String cause) {
    String route() {
      return String.valueOf(Objects.requireNonNull(after == null ? before : after).id());
    }

    String told() {
      String what = before == null ? "added" : after == null ? "removed" : "replaced";
      return "%s %s (%s)".formatted(route(), what, cause);
    }
  }

  /**
   * Takes all steps, or none: what was changed before one failed is put back.
   *
   * @param policies the error policies before and after
   * @throws Refused when a step failed; says which and why
   */
  void take(List<Step> steps, Policies policies) throws Refused {
    Deque<Flow> removed = new ArrayDeque<>();
    Deque<Flow> added = new ArrayDeque<>();
    Step at = null;
    try {
      swap(policies);
      for (Step step : steps) {
        at = step;
        for (Step other : steps) {
          Flow before = other.before();
          if (before != null
              && !removed.contains(before)
              && (other.equals(step) || clash(step.after(), before))) {
            remove(before);
            removed.push(before);
          }
        }
        if (step.after() != null) {
          added.push(step.after());
          add(step.after());
        }
      }
    } catch (Exception e) {
      List<String> lost = putBack(removed, added, policies);
      throw Refused.in(
          at == null ? "routes" : at.cause(),
          (at == null ? "" : at.route() + ": ")
              + Rehearsal.why(e)
              + (lost.isEmpty()
                  ? "; the version before runs on"
                  : "; the version before does not start either: " + String.join(", ", lost)));
    }
  }

  /** What a later step would take away anyway goes first, where the two cannot run together. */
  private static boolean clash(@Nullable Flow after, Flow before) {
    return after != null && after.clashes(before);
  }

  /** The error policies before and after an edit. */
  record Policies(Collection<Flow> before, Collection<Flow> after) {
    Policies back() {
      return new Policies(/* before= */ after, /* after= */ before);
    }
  }

  /**
   * @return what could not be put back
   */
  private List<String> putBack(Deque<Flow> removed, Deque<Flow> added, Policies policies) {
    List<String> lost = new ArrayList<>();
    try {
      swap(policies.back());
    } catch (Exception e) {
      lost.add("error policies: " + Rehearsal.why(e));
    }
    for (Flow flow : added) {
      try {
        remove(flow);
      } catch (Exception e) {
        lost.add(flow.id() + ": " + Rehearsal.why(e));
      }
    }
    for (Flow flow : removed) {
      try {
        add(flow);
      } catch (Exception e) {
        lost.add(flow.id() + ": " + Rehearsal.why(e));
      }
    }
    return lost;
  }

  private void swap(Policies policies) throws Exception {
    Model model = model();
    for (Flow policy : policies.before()) {
      RouteConfigurationDefinition known = model.getRouteConfigurationDefinition(policy.id());
      if (known != null) {
        model.removeRouteConfiguration(known);
      }
    }
    for (Flow policy : policies.after()) {
      RouteConfigurationBuilder builder = Rehearsal.builder(camel, policy.file(), policy.text());
      camel.addRoutesConfigurations((RouteConfigurationsBuilder) builder);
    }
  }

  /** Lets what is on its way end, then takes the route away with all that is its own. */
  private void remove(Flow flow) throws Exception {
    String id = String.valueOf(flow.id());
    Route route = camel.getRoute(id);
    if (route != null) {
      drain(route);
      Endpoint from = route.getEndpoint();
      camel.getRouteController().stopRoute(id, STOP.toSeconds(), TimeUnit.SECONDS);
      camel.removeRoute(id);
      forgetJob(from);
    }
    RouteDefinition left = model().getRouteDefinition(id);
    if (left != null) {
      model().removeRouteDefinition(left);
    }
  }

  private void drain(Route route) throws Exception {
    Consumer consumer = route.getConsumer();
    ServiceHelper.suspendService(consumer);
    long end = System.nanoTime() + drain.toNanos();
    do {
      Thread.sleep(LOOK_EVERY.toMillis()); // who found the consumer just before is counted by now
      if (System.nanoTime() - end > 0) {
        int left = camel.getInflightRepository().size(route.getRouteId());
        ServiceHelper.resumeService(consumer);
        throw new IllegalStateException(
            "%d on their way have not ended within %d s; save it again"
                .formatted(left, drain.toSeconds()));
      }
    } while (camel.getInflightRepository().size(route.getRouteId()) > 0);
  }

  /**
   * A run that was asked for by hand keeps the job, and a job of that name stops the next route.
   */
  private static void forgetJob(Endpoint from) throws SchedulerException {
    if (from instanceof QuartzEndpoint quartz) {
      QuartzComponent component = quartz.getComponent();
      component
          .getScheduler()
          .deleteJob(
              new JobKey(quartz.getTriggerKey().getName(), quartz.getTriggerKey().getGroup()));
    }
  }

  private void add(Flow flow) throws Exception {
    camel.addRoutes(Rehearsal.builder(camel, flow.file(), flow.text()));
  }

  private Model model() {
    return camel.getCamelContextExtension().getContextPlugin(Model.class);
  }
}
