package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.MalformedAnswer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What one channel has and what it is to have, and what becomes of the difference. Begun anew with
 * each try, because what Kick lists is what the last try came to. Not thread-safe.
 */
final class Reconciliation {
  /** Of one call: Kick refuses some 330. */
  static final int REMOVED_AT_ONCE = 50;

  private static final int LONGEST_REASON = 300;

  /** One that Kick lists. */
  record Listed(String id, String event, String version, Instant createdAt) {}

  /** One that {@code dm} has, as of the last poll. */
  record Known(String id, String event, String status, Instant createdAt) {}

  /** One that Kick answered now. */
  record Made(String id, String event) {}

  private final List<Listed> kept;
  private final List<String> awaited;
  private final Set<String> before;
  private final int dropped;
  private final int givenUp;
  private final Deque<String> removals = new ArrayDeque<>();
  private final Map<String, Listed> surplus = new LinkedHashMap<>();
  private final Deque<List<String>> requests = new ArrayDeque<>();
  private final List<String> missing;
  private final List<Made> made = new ArrayList<>();
  private final Map<String, String> refused = new TreeMap<>();
  private int removed;

  /**
   * Compares.
   *
   * @param tracked false where none is wanted
   * @param now the {@code dm} database's clock before Kick was asked
   */
  Reconciliation(
      boolean tracked,
      List<Known> known,
      List<Listed> listed,
      SubscriptionRules rules,
      Instant now) {
    List<String> wanted = tracked ? rules.events() : List.of();
    kept = new ArrayList<>();
    Set<String> had = new HashSet<>();
    for (Listed one :
        listed.stream()
            .sorted(Comparator.comparing(Listed::createdAt).thenComparing(Listed::id))
            .toList()) {
      boolean first =
          wanted.contains(one.event())
              && one.version().equals(SubscriptionRules.VERSION)
              && had.add(one.event());
      if (first) {
        kept.add(one);
      } else {
        surplus.put(one.id(), one);
      }
    }
    List<String> ids = new ArrayList<>(surplus.keySet());
    for (int i = 0; i < ids.size(); i += REMOVED_AT_ONCE) {
      removals.add(
          ids.subList(i, Math.min(i + REMOVED_AT_ONCE, ids.size())).stream()
              .collect(Collectors.joining("&id=", "id=", "")));
    }
    Set<String> there = listed.stream().map(Listed::id).collect(Collectors.toSet());
    List<Known> requested =
        known.stream()
            .filter(k -> k.status().equals("requested") && !there.contains(k.id()))
            .toList();
    List<Known> patient =
        requested.stream()
            .filter(k -> wanted.contains(k.event()) && !had.contains(k.event()))
            .filter(k -> k.createdAt().plus(rules.patience()).isAfter(now))
            .toList();
    awaited = patient.stream().map(Known::id).toList();
    patient.forEach(k -> had.add(k.event()));
    givenUp = requested.size() - patient.size();
    dropped =
        (int)
            known.stream()
                .filter(k -> k.status().equals("active") && !there.contains(k.id()))
                .count();
    before = known.stream().map(Known::event).collect(Collectors.toSet());
    missing = wanted.stream().filter(event -> !had.contains(event)).toList();
  }

  /** The query of each call that removes what is too much. */
  List<String> removals() {
    return List.copyOf(removals);
  }

  /** A call of {@link #removals} was answered well. */
  void removed(String query) {
    for (String id : query.substring("id=".length()).split("&id=", -1)) {
      surplus.remove(id);
      removed++;
    }
  }

  boolean lacks() {
    return !missing.isEmpty();
  }

  /** Decides what is asked for: an event whose limit is reached is not. */
  void room(Map<String, Long> used, SubscriptionRules rules) {
    List<String> asked = new ArrayList<>();
    for (String event : missing) {
      long now = used.getOrDefault(event, 0L);
      if (now >= rules.limit(event)) {
        refused.put(event, "%d of %d are used".formatted(now, rules.limit(event)));
      } else {
        asked.add(event);
      }
    }
    if (!asked.isEmpty()) {
      requests.add(asked);
    }
  }

  boolean asks() {
    return !requests.isEmpty();
  }

  /** The next call that makes subscriptions; it stays the next until it is answered. */
  String request(String platformUserId) {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("broadcaster_user_id", Long.parseLong(platformUserId));
    ArrayNode events = request.putArray("events");
    for (String event : requests.element()) {
      events
          .addObject()
          .put("name", event)
          .put("version", Integer.parseInt(SubscriptionRules.VERSION));
    }
    return request.put("method", "webhook").toString();
  }

  /**
   * Reads what was made. An event that the answer leaves out is asked for again at the next poll.
   *
   * @throws MalformedAnswer for an answer of another shape
   */
  void answered(JsonNode answer) {
    List<String> asked = requests.element();
    List<Made> these = new ArrayList<>();
    Map<String, String> errors = new TreeMap<>();
    for (KickObject item : KickObject.of(answer).objects("data")) {
      String event = item.key("name");
      String error = item.text("error");
      if (!asked.contains(event)) {
        throw new MalformedAnswer("$.data", "about what was asked for");
      }
      if (error == null) {
        these.add(new Made(item.key("subscription_id"), event));
      } else {
        errors.put(event, cut(error));
      }
    }
    made.addAll(these);
    refused.putAll(errors);
    requests.remove();
  }

  /**
   * A limit is reached; Kick does not say of which event, so each is asked for alone.
   *
   * @param said of the answer
   */
  void limited(String said) {
    List<String> asked = requests.remove();
    if (asked.size() == 1) {
      refused.put(asked.get(0), cut(said));
    } else {
      asked.forEach(event -> requests.add(List.of(event)));
    }
  }

  private static String cut(String text) {
    String clean = text.replace("\0", "");
    int most = clean.codePointCount(0, clean.length());
    return clean.substring(0, clean.offsetByCodePoints(0, Math.min(most, LONGEST_REASON)));
  }

  /** What Kick lists from now on, as far as we know. */
  List<Listed> listed() {
    List<Listed> all = new ArrayList<>(kept);
    all.addAll(surplus.values());
    return all;
  }

  /** Ids that Kick answered before, and may list yet. */
  List<String> awaited() {
    return awaited;
  }

  List<Made> made() {
    return made;
  }

  /** Why, by event. */
  Map<String, String> refused() {
    return refused;
  }

  /** How many of each change there were, as the metric names them. */
  Map<String, Integer> changes() {
    int again = (int) made.stream().filter(m -> before.contains(m.event())).count();
    return Map.of(
        "created", made.size() - again,
        "recreated", again,
        "removed", removed,
        "refused", refused.size(),
        "dropped", dropped,
        "given-up", givenUp);
  }

  /**
   * What a 400 says where a limit is reached: a text in the place of data; null where it is not.
   */
  static @Nullable String limit(JsonNode answer) {
    String data = answer.path("data").textValue();
    return data != null && data.contains("limit") ? data : null;
  }
}
