package ingest.guards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each boundary, crossed by one planted class. */
final class BoundariesCatchTest {
  private static final String PURE_MAPPER =
      "package ingest.acme; public class Things { public java.util.List<ingest.envelope.Envelope> map(Shape s) { return java.util.List.of(); } }";

  @TempDir Path classes;

  static Stream<Arguments> crossings() {
    return Stream.of(
        arguments(
            "a_mapper_is_pure",
            List.of(
                "package ingest.acme; public class Things { public ingest.envelope.Envelope map(org.apache.camel.Exchange e) { throw new IllegalStateException(); } }"),
            "org.apache.camel.Exchange"),
        arguments(
            "a_mapper_is_pure",
            List.of(
                PURE_MAPPER, "package ingest.acme; public class Shape { java.time.Clock clock; }"),
            "java.time.Clock"),
        arguments(
            "a_mapper_is_pure",
            List.of(
                PURE_MAPPER,
                "package ingest.acme; public class Shape { ingest.outbox.Outbox outbox; }"),
            "ingest.outbox.Outbox"),
        arguments(
            "a_projector_knows_rows_only",
            List.of(
                "package ingest.projection.acme; public class Things { java.net.http.HttpClient http; }"),
            "java.net.http.HttpClient"),
        arguments(
            "projectors_share_only_envelope_signature_and_settings",
            List.of(
                "package ingest.consumer; public class Things { ingest.outbox.Outbox outbox; }"),
            "ingest.outbox.Outbox"),
        arguments(
            "only_the_wiring_knows_projectors",
            List.of(
                "package ingest.acme; public class Things { ingest.projection.acme.Other other; }",
                "package ingest.projection.acme; public class Other {}"),
            "ingest.projection.acme.Other"),
        arguments(
            "a_projector_cannot_reach_the_dm_database",
            List.of(
                "package ingest.projection.acme; public class Things { ingest.store.DmDatabase dm; }"),
            "ingest.store.DmDatabase"),
        arguments(
            "a_processor_cannot_reach_an_environments_database",
            List.of(
                "package ingest.acme; public class Things { ingest.consumer.EnvDatabase env; }"),
            "ingest.consumer.EnvDatabase"),
        arguments(
            "nothing_depends_on_the_embedded_parts",
            List.of(
                "package ingest.acme; public class Things { ingest.embedded.acme.Other other; }",
                "package ingest.embedded.acme; public class Other {}"),
            "ingest.embedded.acme.Other"),
        arguments(
            "the_envelope_stands_alone",
            List.of(
                "package ingest.envelope; public class Things { ingest.settings.Settings settings; }"),
            "ingest.settings.Settings"),
        arguments(
            "the_signature_stands_alone",
            List.of(
                "package ingest.signature; public class Things { ingest.envelope.Envelope envelope; }"),
            "ingest.envelope.Envelope"),
        arguments(
            "packages_have_an_order",
            List.of(
                "package ingest.acme; public class Things { ingest.other.Other other; }",
                "package ingest.other; public class Other { ingest.acme.Things things; }"),
            "Cycle detected"));
  }

  @ParameterizedTest(name = "{0} tells of {2}")
  @MethodSource("crossings")
  void a_crossed_boundary_is_told(String rule, List<String> sources, String told)
      throws IOException, ReflectiveOperationException {
    EvaluationResult result = rule(rule).evaluate(compiled(sources));
    assertTrue(result.hasViolation(), "nothing was told");
    assertTrue(
        result.getFailureReport().toString().contains(told), result.getFailureReport().toString());
  }

  @Test
  void a_pure_mapper_is_let_through() throws IOException, ReflectiveOperationException {
    JavaClasses planted =
        compiled(List.of(PURE_MAPPER, "package ingest.acme; public record Shape(int sides) {}"));
    EvaluationResult result = rule("a_mapper_is_pure").evaluate(planted);
    assertFalse(result.hasViolation(), result.getFailureReport().toString());
  }

  @Test
  void every_boundary_has_a_crossing() {
    Set<String> rules =
        Arrays.stream(BoundariesTest.class.getDeclaredFields())
            .filter(f -> f.getType() == ArchRule.class)
            .map(java.lang.reflect.Field::getName)
            .collect(Collectors.toSet());
    assertEquals(rules, crossings().map(a -> (String) a.get()[0]).collect(Collectors.toSet()));
  }

  private static ArchRule rule(String name) throws ReflectiveOperationException {
    return (ArchRule) BoundariesTest.class.getDeclaredField(name).get(null);
  }

  private JavaClasses compiled(List<String> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter errors = new StringWriter();
    List<String> options =
        List.of(
            "-proc:none",
            "-d",
            classes.toString(),
            "-classpath",
            System.getProperty("java.class.path"));
    List<? extends JavaFileObject> units = sources.stream().map(Source::new).toList();
    assertTrue(
        compiler.getTask(errors, null, null, options, null, units).call(), errors.toString());
    return new ClassFileImporter().importPath(classes);
  }

  /** One public class. */
  private static final class Source extends SimpleJavaFileObject {
    private static final Pattern NAME = Pattern.compile("public (?:class|record) (\\w+)");

    private final String text;

    Source(String text) {
      super(URI.create("planted:///" + name(text) + ".java"), Kind.SOURCE);
      this.text = text;
    }

    private static String name(String text) {
      Matcher matcher = NAME.matcher(text);
      assertTrue(matcher.find(), text);
      return matcher.group(1);
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
