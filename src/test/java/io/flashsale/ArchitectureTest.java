package io.flashsale;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** Dependencies point one way, and what is pure stays pure. */
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.flashsale");

  private static final DescribedPredicate<JavaClass> OURS = resideInAnyPackage("io.flashsale..");

  /** Also the nested classes, which are the states and the events themselves. */
  private static final DescribedPredicate<JavaClass> PURE =
      describe(
          "states and events",
          type -> type.getName().matches("io\\.flashsale\\..*(State|Event)(\\$.*)?"));

  @Test
  void theRulesSeeTheProgram() {
    assertThat(CLASSES).isNotEmpty();
    assertThat(CLASSES.stream().filter(PURE)).isNotEmpty();
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.flashsale.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void nothingButTheCompositionRootDependsOnHttp() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.flashsale", "io.flashsale.http..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.flashsale.http..")
        .check(CLASSES);
  }

  @Test
  void itemDependsOnNothingOfOursButWireAndTracing() {
    onlyDependsOn("item", "wire", "tracing");
  }

  @Test
  void userDependsOnItemWireAndTracingOnly() {
    onlyDependsOn("user", "item", "wire", "tracing");
  }

  @Test
  void tracingDependsOnNothingOfOurs() {
    onlyDependsOn("tracing");
  }

  @Test
  void onlyTracingKnowsOpenTelemetry() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.flashsale.tracing..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.opentelemetry..")
        .check(CLASSES);
  }

  @Test
  void wireDependsOnNothingOfOurs() {
    onlyDependsOn("wire");
  }

  @Test
  void saleDependsNeitherOnUserNorOnHttp() {
    noClasses()
        .that()
        .resideInAPackage("io.flashsale.sale..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.flashsale.user..", "io.flashsale.http..")
        .check(CLASSES);
  }

  @Test
  void statesAndEventsKnowNoAkka() {
    noClasses()
        .that(PURE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("akka..", "com.typesafe..", "scala..")
        .check(CLASSES);
  }

  @Test
  void namesSayWhatAClassIs() {
    noClasses().should().haveNameMatching(".*(Impl|Manager|Utils?|Helper)s?").check(CLASSES);
  }

  /** Time comes from the InstantSource that was given: a test would have to sleep otherwise. */
  @Test
  void entitiesReadNoClockOfTheirOwn() {
    noClasses()
        .that()
        .resideInAnyPackage("io.flashsale.item..", "io.flashsale.user..", "io.flashsale.sale..")
        .should()
        .accessTargetWhere(
            describe("the target is a clock of the system", ArchitectureTest::readsTheSystemsClock))
        .check(CLASSES);
  }

  private static boolean readsTheSystemsClock(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    String name = access.getName();
    return switch (name) {
      case "now" -> owner.getPackageName().equals("java.time");
      case "currentTimeMillis" -> owner.isEquivalentTo(System.class);
      default ->
          name.startsWith("system")
              && (owner.isEquivalentTo(Clock.class) || owner.isEquivalentTo(InstantSource.class));
    };
  }

  private static void onlyDependsOn(String ours, String... others) {
    String[] allowed = new String[others.length + 1];
    allowed[0] = "io.flashsale." + ours + "..";
    for (int i = 0; i < others.length; i++) {
      allowed[i + 1] = "io.flashsale." + others[i] + "..";
    }
    classes()
        .that()
        .resideInAPackage(allowed[0])
        .should()
        .onlyDependOnClassesThat(DescribedPredicate.not(OURS).or(resideInAnyPackage(allowed)))
        .check(CLASSES);
  }
}
