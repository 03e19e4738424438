package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Who sends. */
enum SendingParty {
  KICK(true, "simulated.unknown", "{\"simulated\":true}"),
  SUMSUB(
      false,
      "simulatedUnknown",
      "{\"type\":\"simulatedUnknown\",\"applicantId\":\"172dd4a0366000604e2c4de4\",\"createdAtMs\":\"2026-01-01 00:00:00.000\"}"),
  RESEND(
      true,
      "simulated.unknown",
      "{\"type\":\"simulated.unknown\",\"created_at\":\"2026-01-01T00:00:00.000Z\",\"data\":{}}"),
  X(
      false,
      "simulated_events",
      "{\"for_user_id\":\"1000000000000000001\",\"simulated_events\":[{\"timestamp_ms\":\"1767225600000\"}]}"),
  /** Its calls have no type, and each job is told of once. */
  SCRAPERAPI(false, "", "");

  private final boolean signsTime;
  private final String unknownType;
  private final String unknownBody;

  SendingParty(boolean signsTime, String unknownType, String unknownBody) {
    this.signsTime = signsTime;
    this.unknownType = unknownType;
    this.unknownBody = unknownBody;
  }

  /** As the control interface, the folder of its templates and its path have it. */
  @JsonValue
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator
  static SendingParty of(String word) {
    return Arrays.stream(values())
        .filter(party -> party.word().equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no sender"));
  }

  static String all() {
    return Arrays.stream(values()).map(SendingParty::word).collect(Collectors.joining(", "));
  }

  /** Whether a call can be too old for its signature. */
  boolean signsTime() {
    return signsTime;
  }

  /** A type that the sender has never had. */
  String unknownType() {
    return unknownType;
  }

  /** A body of that type. */
  String unknownBody() {
    return unknownBody;
  }
}
