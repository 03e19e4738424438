package ingest.projection;

import ingest.envelope.Revision;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What an event says of one column group, and its place among those that say something of it. */
public record Told<T>(T value, Revision revision) {
  /** Null where nothing was said. */
  public static <T> @Nullable Told<T> of(@Nullable T value, Revision revision) {
    return value == null ? null : new Told<>(value, revision);
  }

  /** The newer one; of equals, which are one event, the other. */
  public static <T> @Nullable Told<T> newer(@Nullable Told<T> one, @Nullable Told<T> other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.revision.compareTo(other.revision) <= 0 ? other : one;
  }

  /** The column of a group of one column. */
  public static <R, T> Columns.Value<R, T> value(Columns.Value<R, Told<T>> group) {
    return column(group, value -> value);
  }

  /** A column of a group of several. */
  public static <R, G, T> Columns.Value<R, T> column(
      Columns.Value<R, Told<G>> group, Columns.Value<G, T> column) {
    return row -> {
      Told<G> told = group.of(row);
      return told == null ? null : column.of(told.value);
    };
  }

  /** The first of the two columns that order the group. */
  public static <R, G> Columns.Value<R, Long> rev(Columns.Value<R, Told<G>> group) {
    return row -> revision(group.of(row)).rev();
  }

  /** The second of them. */
  public static <R, G> Columns.Value<R, UUID> ev(Columns.Value<R, Told<G>> group) {
    return row -> revision(group.of(row)).event();
  }

  private static Revision revision(@Nullable Told<?> told) {
    return told == null ? Revision.NEVER : told.revision;
  }
}
