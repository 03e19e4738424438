package ingest.guards;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import ingest.envelope.Envelope;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** Who may know whom; {@link BoundariesCatchTest} shows that each rule can fail. */
@AnalyzeClasses(packages = "ingest", importOptions = DoNotIncludeTests.class)
final class BoundariesTest {
  /** The packages below {@code projectors/}. */
  private static final String[] PROJECTORS = {"ingest.consumer..", "ingest.projection.."};

  private static final DescribedPredicate<JavaClass> CAMEL_OR_HTTP =
      resideInAnyPackage("org.apache.camel..", "io.vertx..", "java.net.http..")
          .as("of Camel or HTTP");

  private static final DescribedPredicate<JavaClass> OUR_OWN = resideInAPackage("ingest..");

  /** By what they do, not by a list: upstreams are added without Java that names them. */
  private static final DescribedPredicate<JavaClass> MAPPERS =
      resideOutsideOfPackages("ingest", "ingest.envelope..", "ingest.outbox..", "ingest.delivery..")
          .and(
              describe(
                  "return envelopes",
                  c ->
                      c.getMethods().stream()
                          .filter(m -> !m.getModifiers().contains(JavaModifier.PRIVATE))
                          .anyMatch(
                              m ->
                                  m.getReturnType().getAllInvolvedRawTypes().stream()
                                      .anyMatch(r -> r.isEquivalentTo(Envelope.class)))));

  @ArchTest
  static final ArchRule a_mapper_is_pure =
      classes()
          .that(MAPPERS)
          .should(
              notReach(
                  CAMEL_OR_HTTP
                      .or(resideInAnyPackage("java.sql..", "javax.sql.."))
                      .or(
                          resideInAnyPackage(
                              "ingest.outbox..", "ingest.delivery..", "ingest.store.."))
                      .or(describe("a clock", c -> c.isEquivalentTo(Clock.class)))
                      .as("Camel, HTTP, a connection, a clock, outbox or delivery")))
          .because(
              "payload in, envelopes out: whoever returns envelopes is a mapper; a Camel step that needs one calls it and returns an Intake");

  @ArchTest
  static final ArchRule a_projector_knows_rows_only =
      noClasses()
          .that()
          .resideInAPackage("ingest.projection..")
          .should()
          .dependOnClassesThat(CAMEL_OR_HTTP)
          .because("a projector maps envelopes to rows; the consumer calls it");

  @ArchTest
  static final ArchRule projectors_share_only_envelope_signature_and_settings =
      noClasses()
          .that()
          .resideInAnyPackage(PROJECTORS)
          .should()
          .dependOnClassesThat(
              OUR_OWN
                  .and(resideOutsideOfPackages(PROJECTORS))
                  .and(
                      resideOutsideOfPackages(
                          "ingest.envelope..", "ingest.signature..", "ingest.settings.."))
                  .as("of other packages of ours"))
          .because("an environment's side has to run and be read without the shared tier");

  @ArchTest
  static final ArchRule only_the_wiring_knows_projectors =
      noClasses()
          .that(OUR_OWN.and(resideOutsideOfPackages("ingest")))
          .and(resideOutsideOfPackages(PROJECTORS))
          .should()
          .dependOnClassesThat(resideInAnyPackage(PROJECTORS))
          .because("the shared tier meets an environment over HTTP; package ingest wires both");

  @ArchTest
  static final ArchRule a_projector_cannot_reach_the_dm_database =
      noClasses()
          .that()
          .resideInAnyPackage(PROJECTORS)
          .should()
          .dependOnClassesThat(simpleName("DmDatabase"))
          .because("a statement must not run against the wrong store");

  @ArchTest
  static final ArchRule a_processor_cannot_reach_an_environments_database =
      noClasses()
          .that(OUR_OWN.and(resideOutsideOfPackages("ingest")))
          .and(resideOutsideOfPackages(PROJECTORS))
          .should()
          .dependOnClassesThat(simpleName("EnvDatabase"))
          .because("a statement must not run against the wrong store");

  @ArchTest
  static final ArchRule nothing_depends_on_the_embedded_parts =
      noClasses()
          .that(OUR_OWN.and(resideOutsideOfPackages("ingest.embedded..")))
          .should()
          .dependOnClassesThat(resideInAPackage("ingest.embedded.."))
          .because("the image has none of them; they are found as ingest.Embedded");

  @ArchTest static final ArchRule the_envelope_stands_alone = standsAlone("ingest.envelope..");

  @ArchTest static final ArchRule the_signature_stands_alone = standsAlone("ingest.signature..");

  @ArchTest
  static final ArchRule packages_have_an_order =
      slices().matching("ingest.(*)..").should().beFreeOfCycles();

  private static ArchRule standsAlone(String own) {
    return noClasses()
        .that()
        .resideInAPackage(own)
        .should()
        .dependOnClassesThat(OUR_OWN.and(resideOutsideOfPackages(own)).as("of ours outside " + own))
        .because("both sides of the wire share it");
  }

  /** Looks through our own classes: what a mapper calls is as pure as the mapper. */
  private static ArchCondition<JavaClass> notReach(DescribedPredicate<JavaClass> forbidden) {
    return new ArchCondition<>("not reach " + forbidden.getDescription()) {
      @Override
      public void check(JavaClass mapper, ConditionEvents events) {
        Set<JavaClass> seen = new HashSet<>(Set.of(mapper));
        Deque<JavaClass> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
          for (Dependency dependency : open.pop().getDirectDependenciesFromSelf()) {
            JavaClass target = dependency.getTargetClass();
            if (forbidden.test(target)) {
              events.add(SimpleConditionEvent.violated(mapper, dependency.getDescription()));
            } else if (OUR_OWN.test(target) && seen.add(target)) {
              open.push(target);
            }
          }
        }
      }
    };
  }
}
