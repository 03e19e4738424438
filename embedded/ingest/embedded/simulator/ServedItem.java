package ingest.embedded.simulator;

import java.time.Instant;

/** A part of an answer that is remembered: of whom it tells, the moment it shows, and its text. */
interface ServedItem {
  Instant at();

  long broadcasterUserId();

  /** The exact text that is sent. */
  String json();
}
