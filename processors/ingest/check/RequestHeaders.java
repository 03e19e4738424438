package ingest.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Follows every way through a flow's steps, and through the direct routes it calls, and tells
 * whether the headers of the request are removed on each: Camel's HTTP server sends back as
 * response headers what is left of them.
 */
final class RequestHeaders {
  private final RouteTree tree;
  private final Set<String> under = new HashSet<>();
  private boolean stoppedWithThem;

  private RequestHeaders(RouteTree tree) {
    this.tree = tree;
  }

  /** True when no way through {@code steps} ends with headers of the request. */
  static boolean removed(RouteTree tree, JsonNode steps) {
    RequestHeaders way = new RequestHeaders(tree);
    return way.follow(steps, false) && !way.stoppedWithThem;
  }

  private boolean follow(JsonNode steps, boolean removed) {
    for (JsonNode step : steps) {
      for (Map.Entry<String, JsonNode> entry : step.properties()) {
        if (entry.getKey().equals("stop")) {
          stoppedWithThem |= !removed;
          return true;
        }
        removed = follow(entry.getKey(), entry.getValue(), removed);
      }
    }
    return removed;
  }

  private boolean follow(String step, JsonNode node, boolean removed) {
    if (Catalog.CAMEL.eipModel(step) == null) {
      return true; // another rule tells that there is no such step
    }
    return switch (step) {
      case "removeHeaders" -> removed || removesAll(node);
      case "to", "toD" -> called(Endpoint.of("", step, node), removed);
      case "choice" -> {
        boolean all = follow(node.path("otherwise").path("steps"), removed);
        for (JsonNode when : node.path("when")) {
          all &= follow(when.path("steps"), removed);
        }
        yield all;
      }
      case "doTry" -> {
        boolean all = follow(node.path("steps"), removed);
        for (JsonNode caught : node.path("doCatch")) {
          all &= follow(caught.path("steps"), removed);
        }
        yield follow(node.path("doFinally").path("steps"), all);
      }
      case "circuitBreaker" -> {
        boolean all = follow(node.path("steps"), removed);
        if (node.has("onFallback")) {
          all &= follow(node.path("onFallback").path("steps"), removed);
        }
        yield all;
      }
      case "pipeline", "step", "transacted", "policy" -> follow(node.path("steps"), removed);
      // taken or not, and whatever works on copies: what it removes may still be there behind it
      default -> follow(node.path("steps"), removed) && removed;
    };
  }

  private static boolean removesAll(JsonNode node) {
    return node.asText().equals("*")
        || (node.path("pattern").asText().equals("*") && !node.has("excludePattern"));
  }

  private boolean called(Endpoint endpoint, boolean removed) {
    if (endpoint.isHttpCall()) {
      return false; // its answer's headers take their place
    }
    if (tree.unreadable().stream().anyMatch(f -> f.name().equals(endpoint.path()))) {
      return true; // what it removes is not known
    }
    List<RouteFile> callees = endpoint.is("direct") ? callees(endpoint.path()) : List.of();
    boolean all = true;
    for (RouteFile callee : callees) {
      if (under.add(callee.name())) {
        all &= follow(callee.route().path("from").path("steps"), removed);
        under.remove(callee.name());
      }
    }
    return callees.isEmpty() ? removed : all;
  }

  /**
   * The routes that a call may reach; a name that is made at run time reaches all that begin so.
   */
  private List<RouteFile> callees(String name) {
    int made = name.indexOf("${");
    return tree.files().stream()
        .filter(
            f -> made < 0 ? f.name().equals(name) : f.name().startsWith(name.substring(0, made)))
        .filter(f -> !f.route().isMissingNode())
        .toList();
  }
}
