package ingest.embedded.simulator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The ways in which the upstream can fail on demand.
 *
 * <p>A kind is carried out by the route {@code fault-<name>}, or by {@link Breakdown} where it is
 * the connection's or has no end.
 */
enum FaultKind {
  /** 401, and the token is revoked: only a new one works. */
  EXPIRED_TOKEN("expired-token"),
  /** 401, and the credentials are as good as before. */
  UNAUTHORIZED("401"),
  /** 403 with a page for people: who stands before the API takes the caller for a robot. */
  BLOCKED("403"),
  /** Too many requests, with Retry-After where the fault has one. */
  TOO_MANY_REQUESTS("429"),
  /** 429 that no waiting for a reset helps: the cap of a billing period, as X has it. */
  USAGE_CAPPED("usage-capped"),
  SERVER_ERROR("500"),
  /** The call is taken and never answered. */
  HANG("hang"),
  /** The connection is reset instead of an answer. */
  RESET("reset"),
  /** Half of the body, then the connection ends. */
  TRUNCATED("truncated"),
  /** Well-formed JSON of another shape. */
  WRONG_TYPES("wrong-types"),
  /** 200 with a page for people. */
  NOT_JSON("not-json"),
  /** 200 with a body that hardly ends. */
  HUGE("huge"),
  /** 500 for every call that asks for one of the ids, for ever. */
  BATCH("batch"),
  /** 500 where tokens are issued. */
  TOKEN_SERVER_ERROR("token-500");

  private final String kind;

  FaultKind(String kind) {
    this.kind = kind;
  }

  /** The name in the control interface, in counters and in the id of the route. */
  @JsonValue
  String kind() {
    return kind;
  }

  @JsonCreator
  static FaultKind of(String kind) {
    return Arrays.stream(values())
        .filter(k -> k.kind.equals(kind))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no kind of fault"));
  }

  static String all() {
    return Arrays.stream(values()).map(FaultKind::kind).collect(Collectors.joining(", "));
  }
}
