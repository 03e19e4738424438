package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The ways in which a call can be sent on demand. */
enum CallKind {
  /** As the sender sends it. */
  GENUINE,
  /** Signed as well as anybody can who does not have the key, at the same cost to who verifies. */
  FORGED,
  /** Signed by the sender a day ago; only where the signature covers a time. */
  STALE,
  /** Twice, byte for byte. */
  DUPLICATE,
  /** Kick: twice under two message ids, as when a channel is subscribed to twice. */
  SUBSCRIBED_TWICE,
  /** Several calls about one thing, the latest first. */
  REORDERED,
  /** Signed by the sender, and larger than anybody takes. */
  OVERSIZED,
  /** Signed by the sender, and broken off in the middle. */
  UNPARSEABLE,
  /** Signed by the sender, of a type that nobody knows. */
  UNKNOWN_TYPE,
  /** Genuine, in chunks of no announced length. */
  CHUNKED;

  /** As the control interface has it. */
  @JsonValue
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @JsonCreator
  static CallKind of(String word) {
    return Arrays.stream(values())
        .filter(kind -> kind.word().equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no kind of call"));
  }

  static String all() {
    return Arrays.stream(values()).map(CallKind::word).collect(Collectors.joining(", "));
  }

  /** Whether this sender can send so. */
  boolean fits(SendingParty party) {
    return switch (this) {
      case STALE -> party.signsTime();
      case SUBSCRIBED_TWICE -> party == SendingParty.KICK;
      case REORDERED, UNKNOWN_TYPE -> party != SendingParty.SCRAPERAPI;
      default -> true;
    };
  }
}
