package ingest.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * One run of one contestant.
 *
 * @param walBytes of the whole server, whoever wrote them
 * @param ownCpu nanoseconds of this JVM; a receiver in a process of its own is not in it
 * @param postgresCpu nanoseconds of every process of the server; 0 where that cannot be told
 * @param statements executed by this JVM on what is measured; 0 where another process did
 */
record Sample(
    long events, long nanos, long walBytes, long ownCpu, long postgresCpu, long statements) {

  /** What is told of a run. */
  enum Figure {
    EVENTS_PER_SECOND,
    WAL_BYTES_PER_EVENT,
    OWN_CPU_MICROS_PER_EVENT,
    POSTGRES_CPU_MICROS_PER_EVENT,
    STATEMENTS_PER_EVENT;

    double of(Sample sample) {
      return switch (this) {
        case EVENTS_PER_SECOND -> sample.perSecond();
        case WAL_BYTES_PER_EVENT -> (double) sample.walBytes / sample.events;
        case OWN_CPU_MICROS_PER_EVENT -> sample.ownCpu / 1e3 / sample.events;
        case POSTGRES_CPU_MICROS_PER_EVENT -> sample.postgresCpu / 1e3 / sample.events;
        case STATEMENTS_PER_EVENT -> (double) sample.statements / sample.events;
      };
    }

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  double perSecond() {
    return events * 1e9 / nanos;
  }

  /** Ours and PostgreSQL's, in nanoseconds. */
  double cpuPerEvent() {
    return (double) (ownCpu + postgresCpu) / events;
  }

  ObjectNode json() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("events", events)
        .put("nanos", nanos)
        .put("wal_bytes", walBytes)
        .put("own_cpu_nanos", ownCpu)
        .put("postgres_cpu_nanos", postgresCpu)
        .put("statements", statements);
  }
}
