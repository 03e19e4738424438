package ingest.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Processor;
import org.apache.camel.tooling.model.BaseOptionModel;
import org.apache.camel.tooling.model.EipModel;

/** Holds the beans, methods and classes that a route names against those that there are. */
final class Beans {
  /** Steps that name a bean by {@code ref}. */
  private static final Set<String> REFERRING = Set.of("bean", "method", "policy", "transacted");

  /** Attributes that name a bean and are declared as plain text. */
  private static final Set<String> REFERENCES =
      Set.of("errorHandlerRef", "redeliveryPolicyRef", "routePolicyRef");

  /** Attributes that name a processor and are declared as plain text. */
  private static final Set<String> PROCESSORS = Set.of("onExceptionOccurredRef", "onRedeliveryRef");

  private static final Set<String> CLASSES = Set.of("beanType", "unmarshalType");

  private static final Pattern IN_SIMPLE =
      Pattern.compile("\\$\\{(?:bean|ref):([A-Za-z0-9_-]+)(?:(?:\\?method=|[.:]+)(\\w+))?");

  /** Also a name of a thread pool's profile, which is no bean. */
  private static final String EXECUTOR = "ExecutorService";

  private final RouteFile file;
  private final Map<String, Class<?>> beans;
  private final RouteTree tree;
  private final Told told;

  private Beans(RouteTree tree, Map<String, Class<?>> beans, RouteFile file, Told told) {
    this.tree = tree;
    this.beans = beans;
    this.file = file;
    this.told = told;
  }

  static void check(RouteTree tree, RouteFile file, Told told) {
    Map<String, Class<?>> beans = tree.beans();
    if (beans != null) {
      Beans named = new Beans(tree, beans, file, told);
      file.nodes(named::steps);
      file.texts(named::texts);
      file.endpoints().forEach(named::endpoint);
    }
  }

  private void steps(String pointer, JsonNode node) {
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      String name = property.getKey();
      JsonNode value = property.getValue();
      String at = pointer + "/" + name;
      boolean option = pointer.endsWith("/parameters");
      if (option && value.asText().startsWith("#")) {
        reference(at, value.asText());
      } else if (!option && name.equals("process")) {
        String ref = value.isTextual() ? value.asText() : value.path("ref").asText();
        processor(value.isTextual() ? at : at + "/ref", ref);
      } else if (!option && REFERRING.contains(name) && value.path("ref").isTextual()) {
        called(at + "/ref", value.path("ref").asText(), at + "/method", value);
      } else if (name.equals("method") && value.isTextual() && isExpression(pointer)) {
        inline(at, value.asText());
      } else if (!option && value.isTextual() && isReference(pointer, name)) {
        for (String one : value.asText().split(",", -1)) {
          reference(at, one.strip());
        }
      } else if (!option && value.isTextual() && PROCESSORS.contains(name)) {
        processor(at, value.asText());
      } else if (CLASSES.contains(name) && value.isTextual()) {
        type(at, value.asText());
      } else if (name.equals("exception")) {
        for (int i = 0; i < value.size(); i++) {
          type(at + "/" + i, value.path(i).asText());
        }
      }
    }
  }

  /** A bean's own method, and an endpoint's, stand beside its name. */
  private static boolean isExpression(String pointer) {
    return !Set.of("bean", "method", "parameters").contains(Pointers.name(pointer));
  }

  private boolean isReference(String pointer, String attribute) {
    if (REFERENCES.contains(attribute)) {
      return true;
    }
    EipModel step = Catalog.CAMEL.eipModel(Pointers.name(pointer));
    return step != null
        && step.getOptions().stream().anyMatch(o -> o.getName().equals(attribute) && isBean(o));
  }

  private static boolean isBean(BaseOptionModel option) {
    return "attribute".equals(option.getKind())
        && "object".equals(option.getType())
        && !option.getJavaType().endsWith(EXECUTOR);
  }

  private void endpoint(Endpoint endpoint) {
    if (endpoint.is("bean")) {
      exists(endpoint.pointer(), endpoint.path(), endpoint.option("method"));
    }
  }

  private void texts(String pointer, String text) {
    if (!Set.of("description", "note").contains(Pointers.name(pointer))) {
      Matcher matcher = IN_SIMPLE.matcher(text);
      while (matcher.find()) {
        exists(pointer, matcher.group(1), matcher.group(2) == null ? "" : matcher.group(2));
      }
    }
  }

  /** A bean as {@code name.method} or {@code name?method=method}. */
  private void inline(String pointer, String text) {
    String[] parts = text.split("\\?method=|::|\\.", 2);
    exists(pointer, parts[0], parts.length == 2 ? parts[1] : "");
  }

  private void called(String pointer, String bean, String methodPointer, JsonNode step) {
    if (known(pointer, bean)) {
      method(methodPointer, bean, step.path("method").asText());
    }
  }

  private void exists(String pointer, String bean, String method) {
    if (known(pointer, bean)) {
      method(pointer, bean, method);
    }
  }

  /** With a mark in front, a class or a type may be meant. */
  private void reference(String pointer, String written) {
    String name = written.replaceFirst("^#(bean:)?", "");
    if (name.startsWith("class:")) {
      type(pointer, name.substring("class:".length()).replaceFirst("[(#].*", ""));
    } else if (name.startsWith("type:")) {
      type(pointer, name.substring("type:".length()));
    } else {
      known(pointer, name);
    }
  }

  private void processor(String pointer, String written) {
    String name = written.replaceFirst("^#(bean:)?", "");
    if (name.startsWith("class:")) {
      reference(pointer, written);
    } else if (known(pointer, name)) {
      Class<?> type = type(name);
      if (type != Object.class && !Processor.class.isAssignableFrom(type)) {
        told.at(
            file,
            pointer,
            "the bean '%s' (%s) is no Processor; call a method of it: bean:%s?method=…"
                .formatted(name, type.getSimpleName(), name));
      }
    }
  }

  private boolean known(String pointer, String written) {
    String name = tree.values().in(written);
    if (name.contains("{{") || name.contains("${") || beans.containsKey(name)) {
      return beans.containsKey(name);
    }
    told.at(
        file,
        pointer,
        "there is no bean '%s'%s".formatted(name, Nearest.hint(name, beans.keySet())));
    return false;
  }

  private void method(String pointer, String bean, String written) {
    String method = written.replaceFirst("\\(.*", "").strip();
    Class<?> type = type(tree.values().in(bean));
    if (!method.isEmpty()
        && !method.contains("{{")
        && type != Object.class
        && !Classes.methods(type).contains(method)) {
      told.at(
          file,
          pointer,
          "the bean '%s' (%s) has no public method '%s'%s"
              .formatted(
                  bean, type.getSimpleName(), method, Nearest.hint(method, Classes.methods(type))));
    }
  }

  private Class<?> type(String bean) {
    return beans.getOrDefault(bean, Object.class);
  }

  private void type(String pointer, String written) {
    String name = tree.values().in(written);
    if (!name.contains("{{") && Classes.find(name).isEmpty()) {
      told.at(file, pointer, "there is no class '%s' in this build".formatted(name));
    }
  }
}
