package ingest.consumer;

import ingest.projection.Projector;
import ingest.projection.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a table is made of: every projector that writes it, and what these write beside it.
 *
 * @param projectors by type, the order they run in
 * @param tables that these projectors alone write: history makes them anew, together
 * @param sheltered that others write too: of them history gives a part, which is thrown away
 */
record Projection(List<Projector<?>> projectors, List<Table> tables, List<String> sheltered) {
  Projection {
    projectors = List.copyOf(projectors);
    tables = List.copyOf(tables);
    sheltered = List.copyOf(sheltered);
  }

  /**
   * The projection of a table.
   *
   * @throws Refusal 404 when no projector writes it, 409 when it cannot be made anew
   */
  static Projection of(String table, Collection<Projector<?>> all) {
    List<Projector<?>> own = sorted(all.stream().filter(p -> writes(p, table)));
    if (own.isEmpty()) {
      throw new Refusal(
          404, "no projector writes a table %s; there are: %s".formatted(table, names(all)));
    }
    for (Projector<?> projector : own) {
      String why = projector.notRebuilt();
      if (why != null) {
        throw new Refusal(409, table + " cannot be rebuilt: " + why);
      }
    }
    Map<String, Table> written = new TreeMap<>();
    own.forEach(p -> p.tables().forEach(t -> written.put(t.name(), t)));
    List<Table> whole = new ArrayList<>();
    List<String> parts = new ArrayList<>();
    for (Table each : written.values()) {
      if (own.containsAll(all.stream().filter(p -> writes(p, each.name())).toList())) {
        whole.add(each);
      } else {
        parts.add(each.name());
      }
    }
    return new Projection(own, whole, parts);
  }

  /** In the order they run in, in every batch. */
  static List<Projector<?>> sorted(Stream<Projector<?>> projectors) {
    return projectors.sorted(Comparator.<Projector<?>, String>comparing(Projector::type)).toList();
  }

  private static boolean writes(Projector<?> projector, String table) {
    return projector.tables().stream().anyMatch(t -> t.name().equals(table));
  }

  private static String names(Collection<Projector<?>> all) {
    TreeSet<String> names = new TreeSet<>();
    all.forEach(p -> p.tables().forEach(t -> names.add(t.name())));
    return String.join(", ", names);
  }

  List<String> types() {
    return projectors.stream().<String>map(Projector::type).toList();
  }

  List<String> names() {
    return tables.stream().map(Table::name).toList();
  }

  /** The table of this name among those that are made anew; null where it is none of them. */
  @Nullable Table table(String name) {
    return tables.stream().filter(t -> t.name().equals(name)).findFirst().orElse(null);
  }
}
