package ingest.check;

import java.lang.reflect.Method;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The classes that files name, looked at and never initialised. */
final class Classes {
  private Classes() {}

  static Optional<Class<?>> find(String name) {
    try {
      return Optional.of(Class.forName(name, false, Classes.class.getClassLoader()));
    } catch (ClassNotFoundException | LinkageError e) {
      return Optional.empty();
    }
  }

  /** Of {@code #class:name} with or without arguments; any class where that is not known. */
  static Class<?> ofBean(String value) {
    return value.startsWith("#class:")
        ? find(value.substring("#class:".length()).replaceFirst("[(#].*", "")).orElse(Object.class)
        : Object.class;
  }

  /** The methods that a route may call. */
  static Set<String> methods(Class<?> type) {
    Set<String> names = new TreeSet<>();
    for (Method method : type.getMethods()) {
      if (method.getDeclaringClass() != Object.class) {
        names.add(method.getName());
      }
    }
    return names;
  }
}
