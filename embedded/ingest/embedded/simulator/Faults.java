package ingest.embedded.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;

/** The faults in force, in the order they were asked for: the first that matches a call is its. */
public final class Faults {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Fault> faults = new ArrayList<>();
  private final Map<FaultKind, Long> taken = new EnumMap<>(FaultKind.class);

  /**
   * Adds one from its JSON and returns it with what was left out.
   *
   * @throws InvalidRequest when it is none
   */
  public String add(@Body @Nullable String json) throws JsonProcessingException {
    Fault fault = Fault.parse(json);
    synchronized (this) {
      faults.add(fault);
    }
    return JSON.writeValueAsString(fault);
  }

  /** All in force, as a JSON array. */
  public synchronized String list() throws JsonProcessingException {
    return JSON.writeValueAsString(faults);
  }

  /** Ends all of them; what they already did stays counted. */
  public synchronized void clear() {
    faults.clear();
  }

  /** The fault of a call of an API that asks for these ids, spent by it. */
  synchronized Optional<Fault> takeFor(Api api, Collection<Long> asked) {
    return take(fault -> fault.kind() != FaultKind.TOKEN_SERVER_ERROR && fault.matches(api, asked));
  }

  /** The fault of a call that asks for a token, spent by it. */
  synchronized Optional<Fault> takeForToken() {
    return take(fault -> fault.kind() == FaultKind.TOKEN_SERVER_ERROR);
  }

  /** How many calls each kind has failed. */
  synchronized Map<FaultKind, Long> taken() {
    return Map.copyOf(taken);
  }

  private Optional<Fault> take(Predicate<Fault> matches) {
    for (int i = 0; i < faults.size(); i++) {
      Fault fault = faults.get(i);
      if (matches.test(fault)) {
        Fault left = fault.spent();
        if (left == null) {
          faults.remove(i);
        } else {
          faults.set(i, left);
        }
        taken.merge(fault.kind(), 1L, Long::sum);
        return Optional.of(fault);
      }
    }
    return Optional.empty();
  }
}
