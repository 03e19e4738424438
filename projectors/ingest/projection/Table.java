package ingest.projection;

import java.util.List;

/**
 * A table of the environment that a projector writes, by its name without a schema.
 *
 * @param writeTimes columns that tell when a row was written, not what the events say: the same
 *     events give other values there each time, so two copies of the table may differ in them
 */
public record Table(String name, List<String> writeTimes) {
  public Table {
    writeTimes = List.copyOf(writeTimes);
  }

  public static Table of(String name, String... writeTimes) {
    return new Table(name, List.of(writeTimes));
  }
}
