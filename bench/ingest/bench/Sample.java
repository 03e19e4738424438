package ingest.bench;

/**
 * One run of one contestant.
 *
 * @param walBytes of the whole server, whoever wrote them
 * @param ownCpu nanoseconds of this JVM; a receiver in a process of its own is not in it
 * @param postgresCpu nanoseconds of every process of the server; 0 where that cannot be told
 */
record Sample(long events, long nanos, long walBytes, long ownCpu, long postgresCpu) {
  double perSecond() {
    return events * 1e9 / nanos;
  }

  double walPerEvent() {
    return (double) walBytes / events;
  }

  double ownMicrosPerEvent() {
    return ownCpu / 1e3 / events;
  }

  double postgresMicrosPerEvent() {
    return postgresCpu / 1e3 / events;
  }
}
