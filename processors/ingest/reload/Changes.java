package ingest.reload;

import ingest.reload.Live.Policies;
import ingest.reload.Live.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What an edit comes to: the routes that it touches, and nothing else. */
final class Changes {
  private final Map<String, Flow> before;
  private final Map<String, Flow> after;
  private final Set<String> edited;
  private final Set<String> keys;

  /**
   * @param before the flows that run, by file
   * @param after those that shall run
   * @param edited files that came, went or differ
   * @param keys properties with another value than before
   */
  Changes(Map<String, Flow> before, Map<String, Flow> after, Set<String> edited, Set<String> keys) {
    this.before = before;
    this.after = after;
    this.edited = edited;
    this.keys = keys;
  }

  /** The keys with another value, among them those that name another such key. */
  static Set<String> keys(Map<String, String> before, Map<String, String> after) {
    Set<String> changed = new TreeSet<>(before.keySet());
    changed.addAll(after.keySet());
    changed.removeIf(k -> String.valueOf(before.get(k)).equals(String.valueOf(after.get(k))));
    boolean more = !changed.isEmpty();
    while (more) {
      more = false;
      for (Map.Entry<String, String> property : after.entrySet()) {
        if (Flow.keys(property.getValue()).stream().anyMatch(changed::contains)) {
          more |= changed.add(property.getKey());
        }
      }
    }
    return changed;
  }

  /** First what goes, then what comes, then what is another: a new caller finds a new helper. */
  List<Step> steps() {
    Map<String, Flow> old = routes(before);
    Map<String, Flow> fresh = routes(after);
    List<Step> steps = new ArrayList<>();
    old.forEach(
        (id, flow) -> {
          if (!fresh.containsKey(id)) {
            steps.add(new Step(flow, null, flow.file()));
          }
        });
    fresh.forEach(
        (id, flow) -> {
          if (!old.containsKey(id)) {
            steps.add(new Step(null, flow, flow.file()));
          }
        });
    Map<Flow, String> policies = changedPolicies();
    fresh.forEach(
        (id, flow) -> {
          Flow was = old.get(id);
          String cause = was == null ? null : cause(flow, policies);
          if (cause != null) {
            steps.add(new Step(was, flow, cause));
          }
        });
    return steps;
  }

  private static Map<String, Flow> routes(Map<String, Flow> flows) {
    Map<String, Flow> routes = new TreeMap<>();
    for (Flow flow : flows.values()) {
      if (flow.isRoute() && flow.runs()) {
        routes.put(String.valueOf(flow.id()), flow);
      }
    }
    return routes;
  }

  /** Why a route is replaced; null when it is not. */
  private @Nullable String cause(Flow route, Map<Flow, String> policies) {
    String own = cause(route);
    if (own != null) {
      return own;
    }
    for (Map.Entry<Flow, String> policy : policies.entrySet()) {
      if (route.follows(policy.getKey().id())) {
        return policy.getValue();
      }
    }
    return null;
  }

  private @Nullable String cause(Flow flow) {
    if (edited.contains(flow.file())) {
      return flow.file();
    }
    for (String sql : new TreeSet<>(flow.sql())) {
      if (edited.contains(sql)) {
        return sql;
      }
    }
    for (String key : new TreeSet<>(flow.keys())) {
      if (keys.contains(key)) {
        return "application.properties: " + key;
      }
    }
    return null;
  }

  private Map<Flow, String> changedPolicies() {
    Map<Flow, String> changed = new HashMap<>();
    for (Map<String, Flow> tree : List.of(before, after)) {
      for (Flow flow : tree.values()) {
        String cause = flow.isRoute() ? null : cause(flow);
        if (cause != null) {
          changed.put(flow, cause);
        }
      }
    }
    return changed;
  }

  /** The error policies that change; routes that run with one keep it until they are replaced. */
  Policies policies() {
    return new Policies(changed(before), changed(after));
  }

  private List<Flow> changed(Map<String, Flow> tree) {
    return tree.values().stream().filter(f -> !f.isRoute() && cause(f) != null).toList();
  }

  /** True when a route or an error policy names it. */
  boolean named(String key) {
    return after.values().stream().anyMatch(f -> f.keys().contains(key));
  }
}
