package ingest.reload;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.support.PatternHelper;
import org.jspecify.annotations.Nullable;

/**
 * One file of the routes: a route, or an error policy that routes name.
 *
 * @param id of the route or the policy; null for a policy of every route that names none
 * @param runs false for a route that its precondition keeps out of this process
 * @param policies what a route names as its error policies; patterns
 * @param claims what no two routes may have: ids of steps, and where the route is fed from
 */
record Flow(
    String file,
    String text,
    boolean isRoute,
    @Nullable String id,
    boolean runs,
    List<String> policies,
    Set<String> claims) {
  private static final Pattern KEY = Pattern.compile("\\{\\{[?!]?([^{}:]+)(?::[^{}]*)?}}");
  private static final Pattern SQL = Pattern.compile("file:(routes/[^\\s\"'?]+\\.sql)");

  /** The properties that it names, whether the text is YAML or a property's value. */
  static Set<String> keys(String text) {
    return all(KEY, text);
  }

  Set<String> keys() {
    return keys(text);
  }

  /** The SQL files that it names. */
  static Set<String> sql(String text) {
    return all(SQL, text);
  }

  Set<String> sql() {
    return sql(text);
  }

  private static Set<String> all(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(r -> r.group(1).strip())
        .collect(Collectors.toUnmodifiableSet());
  }

  static List<String> policies(@Nullable String named) {
    return named == null
        ? List.of()
        : Arrays.stream(named.split(",")).map(String::strip).filter(p -> !p.isEmpty()).toList();
  }

  /** True when a policy is one of this route's. */
  boolean follows(@Nullable String policy) {
    return policy == null
        ? policies.isEmpty()
        : policies.stream().anyMatch(p -> PatternHelper.matchPattern(policy, p));
  }

  /** True when both cannot run at the same time. */
  boolean clashes(Flow other) {
    return claims.stream().anyMatch(other.claims::contains);
  }
}
