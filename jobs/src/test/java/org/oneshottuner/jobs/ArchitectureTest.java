package org.oneshottuner.jobs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The table of modules, held. */
class ArchitectureTest {
  private static final String BASE = "org.oneshottuner";

  /** Package to module. A new package has its line here, or no test passes. */
  private static final Map<String, List<String>> PACKAGES =
      Map.of(
          "runtime", List.of("workload", "space", "lower", "feature", "predict", "compile"),
          "measure", List.of("measure"),
          "farm", List.of("farm"),
          "offline", List.of("sample", "dataset", "train", "explain", "export", "search", "report"),
          "jobs", List.of("jobs"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.oneshottuner");

  @Test
  void dependenciesFollowTheArrows() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage(BASE + "..")
        .withOptionalLayers(true)
        .layer("runtime")
        .definedBy(packages("runtime"))
        .layer("measure")
        .definedBy(packages("measure"))
        .layer("farm")
        .definedBy(packages("farm"))
        .layer("offline")
        .definedBy(packages("offline"))
        .layer("jobs")
        .definedBy(packages("jobs"))
        .whereLayer("runtime")
        .mayNotAccessAnyLayer()
        .whereLayer("measure")
        .mayOnlyAccessLayers("runtime")
        .whereLayer("farm")
        .mayOnlyAccessLayers("runtime", "measure")
        .whereLayer("offline")
        .mayOnlyAccessLayers("runtime", "measure")
        .whereLayer("jobs")
        .mayOnlyAccessLayers("runtime", "measure", "farm", "offline")
        .ensureAllClassesAreContainedInArchitecture()
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycle() {
    slices()
        .matching(BASE + ".(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void onlyJobsNameSpark() {
    noClasses()
        .that()
        .resideOutsideOfPackage(BASE + ".jobs..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.spark..", "org.apache.hadoop..", "ml.dmlc.xgboost4j.scala..", "scala..")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void noPackageIsAHoldAll() {
    noClasses()
        .should()
        .resideInAnyPackage(
            BASE + "..util..", BASE + "..common..", BASE + "..core..", BASE + "..impl..")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void everyPackageIsInOneModule() {
    Map<String, Set<String>> modules = new TreeMap<>();
    for (JavaClass type : CLASSES) {
      modules.computeIfAbsent(type.getPackageName(), name -> new TreeSet<>()).add(module(type));
    }
    assertThat(modules).isNotEmpty().allSatisfy((name, homes) -> assertThat(homes).hasSize(1));
  }

  private static String[] packages(String module) {
    List<String> found = new ArrayList<>();
    for (String name : PACKAGES.getOrDefault(module, List.of())) {
      found.add(BASE + "." + name + "..");
    }
    return found.toArray(new String[0]);
  }

  /** The jar or directory that the class was read from. */
  private static String module(JavaClass type) {
    String file = type.getName().replace('.', '/') + ".class";
    return type.getSource()
        .map(source -> Location.of(source.getUri()).asURI())
        .map(URI::toString)
        .map(uri -> uri.substring(0, uri.length() - file.length()))
        .orElseThrow(() -> new AssertionError("No source of " + type.getName()));
  }
}
