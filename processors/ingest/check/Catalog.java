package ingest.check;

import ingest.delivery.LaneComponent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.catalog.JSonSchemaResolver;
import org.apache.camel.catalog.impl.AbstractCachingCamelCatalog;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.tooling.model.ComponentModel;
import org.apache.camel.tooling.model.ComponentModel.EndpointOptionModel;
import org.apache.camel.tooling.model.EipModel;
import org.apache.camel.tooling.model.JsonMapper;
import org.apache.camel.tooling.model.LanguageModel;
import org.apache.camel.tooling.model.MainModel;
import org.jspecify.annotations.Nullable;

/**
 * What Camel says of itself, as far as it is on the class path: components with their options,
 * steps and languages. Each jar brings the description of what it holds, so a component is known
 * here when a route can use it, and needs no context to be asked.
 */
final class Catalog extends AbstractCachingCamelCatalog {
  /** Read once; what it is made of does not change while a process lives. */
  static final Catalog CAMEL = new Catalog();

  private static final String SERVICES = "META-INF/services/org/apache/camel/";

  /** Ours, which bring no description along. */
  private static final Map<String, Class<?>> OWN = Map.of("lane", LaneComponent.LaneEndpoint.class);

  /** Ours that are another's under a second name, on another port. */
  private static final Map<String, String> TWINS = Map.of("management", "platform-http");

  private Catalog() {
    super(true);
    setJSonSchemaResolver(new ClassPath());
  }

  @Override
  public @Nullable ComponentModel componentModel(@Nullable String scheme) {
    return scheme == null ? null : cache("component-" + scheme, scheme, super::componentModel);
  }

  @Override
  public @Nullable EipModel eipModel(String name) {
    return cache("step-" + name, name, super::eipModel);
  }

  @Override
  public @Nullable LanguageModel languageModel(String name) {
    return cache("language-" + name, name, super::languageModel);
  }

  @Override
  public MainModel mainModel() {
    return cache("main", super::mainModel);
  }

  /** Every component there is. */
  Set<String> components() {
    Set<String> names = new TreeSet<>(OWN.keySet());
    names.addAll(TWINS.keySet());
    try {
      for (URL list : Collections.list(loader().getResources(SERVICES + "component.properties"))) {
        try (InputStream in = list.openStream()) {
          Properties properties = new Properties();
          properties.load(in);
          names.addAll(List.of(properties.getProperty("components", "").split(" ")));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }

  private static ClassLoader loader() {
    return Catalog.class.getClassLoader();
  }

  /** What Camel's build makes of these annotations for its own components. */
  private static ComponentModel described(Class<?> endpoint) {
    UriEndpoint about = endpoint.getAnnotation(UriEndpoint.class);
    ComponentModel model = new ComponentModel();
    model.setScheme(about.scheme());
    model.setName(about.scheme());
    model.setSyntax(about.syntax());
    model.setConsumerOnly(about.consumerOnly());
    model.setProducerOnly(about.producerOnly());
    model.setLenientProperties(about.lenientProperties());
    for (Field field : endpoint.getDeclaredFields()) {
      boolean path = field.isAnnotationPresent(UriPath.class);
      if (path || field.isAnnotationPresent(UriParam.class)) {
        EndpointOptionModel option = new EndpointOptionModel();
        option.setName(field.getName());
        option.setKind(path ? "path" : "parameter");
        option.setRequired(path);
        option.setType(
            switch (field.getType().getSimpleName()) {
              case "int", "long" -> "integer";
              case "boolean" -> "boolean";
              default -> "string";
            });
        option.setJavaType(field.getType().getName());
        model.addEndpointOption(option);
      }
    }
    return model;
  }

  /** Descriptions as they lie in the jars. */
  private static final class ClassPath implements JSonSchemaResolver {
    @Override
    public void setClassLoader(ClassLoader unused) {
      // the process has one
    }

    @Override
    public @Nullable String getComponentJSonSchema(String name) {
      Class<?> own = OWN.get(name);
      if (own != null) {
        return JsonMapper.createParameterJsonSchema(described(own));
      }
      String twin = TWINS.get(name);
      if (twin != null) {
        String json = getComponentJSonSchema(twin);
        return json == null ? null : json.replace("\"" + twin, "\"" + name);
      }
      return beside("component", name);
    }

    @Override
    public @Nullable String getDataFormatJSonSchema(String name) {
      return beside("dataformat", name);
    }

    @Override
    public @Nullable String getLanguageJSonSchema(String name) {
      return beside("language", name);
    }

    @Override
    public @Nullable String getModelJSonSchema(String name) {
      return text("META-INF/org/apache/camel/model/" + name + ".json");
    }

    @Override
    public @Nullable String getMainJsonSchema() {
      return text("META-INF/camel-main-configuration-metadata.json");
    }

    @Override
    public @Nullable String getTransformerJSonSchema(String name) {
      return null;
    }

    @Override
    public @Nullable String getDevConsoleJSonSchema(String name) {
      return null;
    }

    @Override
    public @Nullable String getOtherJSonSchema(String name) {
      return null;
    }

    @Override
    public @Nullable String getJBangJsonSchema() {
      return null;
    }

    @Override
    public @Nullable String getPojoBeanJSonSchema(String name) {
      return null;
    }

    /** A description has the package of the class that it describes. */
    private static @Nullable String beside(String kind, String name) {
      String service = text(SERVICES + kind + "/" + name);
      if (service == null) {
        return null;
      }
      String type =
          service
              .lines()
              .filter(line -> line.startsWith("class="))
              .map(line -> line.substring("class=".length()).strip())
              .findFirst()
              .orElse("");
      String folder = type.substring(0, Math.max(0, type.lastIndexOf('.'))).replace('.', '/');
      return text("META-INF/" + folder + "/" + name + ".json");
    }

    private static @Nullable String text(String resource) {
      try (InputStream in = loader().getResourceAsStream(resource)) {
        return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
