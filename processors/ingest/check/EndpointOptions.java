package ingest.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.catalog.EndpointValidationResult;
import org.apache.camel.tooling.model.BaseOptionModel;
import org.apache.camel.tooling.model.ComponentModel;
import org.apache.camel.util.URISupport;
import org.jspecify.annotations.Nullable;
import org.quartz.CronExpression;

/**
 * Holds endpoints against what their components know: options, values, and which side they serve.
 */
final class EndpointOptions {
  private static final Set<String> READING = Set.of("from", "poll", "pollEnrich");

  private final RouteTree tree;
  private final RouteFile file;
  private final Told told;

  private EndpointOptions(RouteTree tree, RouteFile file, Told told) {
    this.tree = tree;
    this.file = file;
    this.told = told;
  }

  static void check(RouteTree tree, RouteFile file, Told told) {
    EndpointOptions options = new EndpointOptions(tree, file, told);
    file.endpoints().forEach(options::check);
  }

  private void check(Endpoint endpoint) {
    String uri = whole(endpoint);
    if (uri.contains("${") && uri.indexOf("${") < uri.indexOf(':')) {
      return; // made at run time
    }
    String scheme = uri.substring(0, uri.indexOf(':'));
    ComponentModel component = Catalog.CAMEL.componentModel(scheme);
    if (component == null) {
      told.at(
          file,
          endpoint,
          "there is no component '%s' in this build%s"
              .formatted(scheme, Nearest.hint(scheme, Catalog.CAMEL.components())));
      return;
    }
    side(endpoint, component);
    EndpointValidationResult result =
        Catalog.CAMEL.validateEndpointProperties(uri + query(endpoint, uri), false, false, false);
    if (result.getSyntaxError() != null) {
      told.at(file, endpoint, "%s is no URI: %s".formatted(uri, result.getSyntaxError()));
      return;
    }
    options(endpoint, component, result);
    values(endpoint, component, result);
    if (scheme.equals("quartz")) {
      cron(endpoint, component);
    }
  }

  /** With values, and without the parameters beside it. */
  private String whole(Endpoint endpoint) {
    String uri = tree.values().in(endpoint.uri());
    // the address of an upstream that is known once the product runs
    uri = uri.replaceFirst("^\\{\\{[^}]*}}", "http://upstream");
    return uri.contains(":") ? uri : uri + ":";
  }

  private String query(Endpoint endpoint, String uri) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    endpoint
        .parameters()
        .properties()
        .forEach(p -> parameters.put(p.getKey(), tree.values().in(p.getValue().asText())));
    return parameters.isEmpty()
        ? ""
        : (uri.contains("?") ? "&" : "?") + URISupport.createQueryString(parameters);
  }

  private void side(Endpoint endpoint, ComponentModel component) {
    boolean reads = READING.contains(endpoint.step());
    if (reads && component.isProducerOnly()) {
      told.at(file, endpoint, component.getScheme() + " cannot be read from, only sent to");
    } else if (!reads && component.isConsumerOnly()) {
      told.at(file, endpoint, component.getScheme() + " cannot be sent to, only read from");
    }
  }

  private void options(
      Endpoint endpoint, ComponentModel component, EndpointValidationResult result) {
    boolean reads = READING.contains(endpoint.step());
    Set<String> known =
        component.getEndpointOptions().stream()
            .filter(o -> reads ? !is(o, "producer") : !is(o, "consumer"))
            .map(BaseOptionModel::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> ofEndpoint =
        component.getEndpointOptions().stream()
            .map(BaseOptionModel::getName)
            .collect(Collectors.toSet());
    for (String option : names(result.getUnknown())) {
      told.at(
          file,
          endpoint.pointer(option),
          "%s has no option '%s'%s"
              .formatted(component.getScheme(), option, Nearest.hint(option, known)));
    }
    for (Map.Entry<String, JsonNode> parameter : endpoint.parameters().properties()) {
      String option = parameter.getKey();
      if (ofEndpoint.contains(option) && !known.contains(option)) {
        told.at(
            file,
            endpoint.pointer(option),
            "%s takes '%s' where it is %s only"
                .formatted(component.getScheme(), option, reads ? "sent to" : "read from"));
      }
    }
    for (String option : names(result.getRequired())) {
      told.at(file, endpoint, "%s needs the option '%s'".formatted(component.getScheme(), option));
    }
  }

  /** Whether an option is for one side only. */
  private static boolean is(BaseOptionModel option, String side) {
    return option.getLabel() != null
        && List.of(option.getLabel().split(",")).contains(side)
        && "parameter".equals(option.getKind());
  }

  private void values(
      Endpoint endpoint, ComponentModel component, EndpointValidationResult result) {
    Map<String, String> wanted = new TreeMap<>();
    names(result.getInvalidBoolean()).forEach(o -> wanted.put(o, "not true or false"));
    names(result.getInvalidInteger()).forEach(o -> wanted.put(o, "not a whole number"));
    names(result.getInvalidNumber()).forEach(o -> wanted.put(o, "not a number"));
    names(result.getInvalidDuration())
        .forEach(o -> wanted.put(o, "not a span such as 500, 30s or 5m"));
    names(result.getInvalidReference()).forEach(o -> wanted.put(o, "not a bean's name, as #name"));
    names(result.getInvalidEnum())
        .forEach(o -> wanted.put(o, "not one of " + result.getEnumChoices(o).toString()));
    wanted.forEach((option, why) -> wrong(endpoint, component, option, why));
  }

  /** The catalog takes any text for a time table. */
  private void cron(Endpoint endpoint, ComponentModel component) {
    String value = tree.values().in(endpoint.option("cron")).replace('+', ' ');
    if (!value.isEmpty() && !value.contains("{{")) {
      try {
        CronExpression.validateExpression(value);
      } catch (ParseException e) {
        wrong(endpoint, component, "cron", "not a time table: " + e.getMessage());
      }
    }
  }

  /** Tells a value where it comes from: a line of the properties, else the route. */
  private void wrong(Endpoint endpoint, ComponentModel component, String option, String why) {
    String written = endpoint.option(option);
    String message =
        "%s's option '%s' is '%s', %s"
            .formatted(component.getScheme(), option, tree.values().in(written), why);
    tree.values()
        .place(written)
        .ifPresentOrElse(
            place ->
                told.at(
                    place.file(),
                    place.line(),
                    "%s (%s in %s)".formatted(message, written, file.path())),
            () -> told.at(file, endpoint.pointer(option), message));
  }

  private static Set<String> names(@Nullable Map<?, ?> byName) {
    return byName == null ? Set.of() : names(byName.keySet());
  }

  /** Camel has null for none, and does not say what such a set holds. */
  private static Set<String> names(@Nullable Set<?> names) {
    return names == null
        ? Set.of()
        : names.stream().map(String::valueOf).collect(Collectors.toCollection(TreeSet::new));
  }
}
