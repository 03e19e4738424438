package ingest.embedded.simulator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A fault on demand, as the control interface lists it.
 *
 * @param times how many calls are left to fail; {@link #ALWAYS} until the fault is removed
 * @param retryAfter the seconds of a 429's Retry-After; sent only when given
 * @param ids only calls that ask for one of these channels fail; all do when there are none
 * @param api {@link Api#api}, or null for Kick's
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record Fault(
    FaultKind kind,
    int times,
    @JsonProperty("retry_after") @Nullable Integer retryAfter,
    Set<Long> ids,
    @Nullable String api) {
  static final int ALWAYS = -1;

  /** What only Kick's API can do wrong. */
  private static final Set<FaultKind> OF_KICK =
      EnumSet.of(FaultKind.EXPIRED_TOKEN, FaultKind.BATCH, FaultKind.TOKEN_SERVER_ERROR);

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(MapperFeature.ALLOW_COERCION_OF_SCALARS).build();

  /**
   * Reads what the control interface takes.
   *
   * @throws InvalidRequest that says what is wanted and lists the kinds
   */
  static Fault parse(@Nullable String json) {
    try {
      Fault fault = JSON.readValue(json == null ? "" : json, Fault.class);
      if (fault != null) {
        return fault;
      }
    } catch (JsonProcessingException e) {
      // told below, with what would be right
    }
    throw new InvalidRequest(
        "a fault has a kind, and may have times (1 or more, or -1 for always), retry_after in"
            + " seconds, ids, a list of numbers that batch has to have, and api, one of "
            + Api.all()
            + ", kick when it is left out; the kinds are "
            + FaultKind.all());
  }

  /** One call when the number is left out; a failing batch fails for ever. */
  @JsonCreator
  static Fault of(
      @JsonProperty(value = "kind", required = true) FaultKind kind,
      @JsonProperty("times") @Nullable Integer times,
      @JsonProperty("retry_after") @Nullable Integer retryAfter,
      @JsonProperty("ids") @Nullable List<Long> ids,
      @JsonProperty("api") @Nullable String api) {
    boolean batch = kind == FaultKind.BATCH;
    int wanted = batch ? ALWAYS : times == null ? 1 : times;
    Set<Long> only = ids == null ? Set.of() : Set.copyOf(ids);
    if (wanted == 0 || wanted < ALWAYS || (retryAfter != null && retryAfter < 0)) {
      throw new IllegalArgumentException("times or retry_after out of range");
    }
    if (batch && only.isEmpty()) {
      throw new IllegalArgumentException("batch without ids");
    }
    Api whose = Api.of(api).orElseThrow(() -> new IllegalArgumentException("no API of this name"));
    if (whose != Api.KICK && OF_KICK.contains(kind)) {
      throw new IllegalArgumentException("no fault of this API");
    }
    return new Fault(kind, wanted, retryAfter, only, whose == Api.KICK ? null : api);
  }

  /** Whether it is for a call of this API that asks for these ids. */
  boolean matches(Api called, Collection<Long> asked) {
    return Api.of(api).filter(called::equals).isPresent() && matches(asked);
  }

  private boolean matches(Collection<Long> asked) {
    return ids.isEmpty() || !Collections.disjoint(ids, asked);
  }

  /** What is left of it after one more call; null when nothing is. */
  @Nullable Fault spent() {
    if (times == ALWAYS) {
      return this;
    }
    return times == 1 ? null : new Fault(kind, times - 1, retryAfter, ids, api);
  }
}
