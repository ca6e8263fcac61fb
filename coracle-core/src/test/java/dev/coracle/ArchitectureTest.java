package dev.coracle;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The arrows between packages: what each may import, as the design draws it. */
@AnalyzeClasses(packages = "dev.coracle", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  /** Package to the packages it may import, besides itself. */
  private static final Map<String, List<String>> ARROWS = arrows();

  private static Map<String, List<String>> arrows() {
    Map<String, List<String>> arrows = new TreeMap<>();
    arrows.put("api", List.of());
    arrows.put("store", List.of());
    // Counted on wherever something happens; imports nothing of ours.
    arrows.put("metrics", List.of());
    arrows.put("http", List.of("api"));
    arrows.put("schema", List.of("api"));
    arrows.put("registry", List.of("api", "schema", "store", "metrics"));
    arrows.put("client", List.of("api", "http", "metrics"));
    // HTTP for webhooks and OpenID Connect providers.
    arrows.put("auth", List.of("api", "client", "http"));
    arrows.put("admission", List.of("api", "schema", "client", "metrics"));
    arrows.put(
        "apiserver",
        List.of(
            "api",
            "schema",
            "store",
            "registry",
            "auth",
            "admission",
            "client",
            "http",
            "metrics"));
    arrows.put("controller", List.of("api", "client", "metrics"));
    arrows.put("scheduler", List.of("api", "client", "metrics"));
    arrows.put("node", List.of("api", "client", "http", "metrics"));
    arrows.put("network", List.of("api", "client"));
    arrows.put("proxy", List.of("api", "client", "http"));
    // A library for other people's Pods: a module of its own, here for the test inside a Pod.
    arrows.put("podinfo", List.of());
    arrows.put(
        "cluster",
        List.of(
            "api",
            "schema",
            "store",
            "registry",
            "auth",
            "admission",
            "apiserver",
            "client",
            "http",
            "metrics",
            "controller",
            "scheduler",
            "node",
            "network",
            "proxy"));
    // The client for its configuration: what kubeconfig or ServiceAccount the proxy command uses;
    // the API server for the records of its options, and auth and http for what "coracle rbac"
    // works out by itself and for the server that the proxy's rehearsal asks.
    arrows.put("cli", List.of("api", "apiserver", "auth", "client", "cluster", "http", "proxy"));
    return arrows;
  }

  @ArchTest static final ArchRule packages_importOnlyWhatTheDesignAllows = imports();

  private static ArchRule imports() {
    List<ArchRule> rules = new ArrayList<>();
    for (Map.Entry<String, List<String>> arrow : ARROWS.entrySet()) {
      List<String> allowed = new ArrayList<>(arrow.getValue());
      allowed.add(arrow.getKey());
      rules.add(
          ArchRuleDefinition.noClasses()
              .that()
              .resideInAPackage("dev.coracle." + arrow.getKey() + "..")
              .should()
              .dependOnClassesThat(otherThan(allowed))
              .because("package " + arrow.getKey() + " may import only " + arrow.getValue())
              .allowEmptyShould(true));
    }
    return com.tngtech.archunit.lang.CompositeArchRule.of(rules);
  }

  private static DescribedPredicate<JavaClass> otherThan(List<String> allowed) {
    return new DescribedPredicate<>("are Coracle's and not of " + allowed) {
      @Override
      public boolean test(JavaClass javaClass) {
        String name = javaClass.getPackageName();
        if (!name.startsWith("dev.coracle.")) {
          return false;
        }
        String top = name.substring("dev.coracle.".length()).split("\\.", -1)[0];
        return !allowed.contains(top);
      }
    };
  }

  @ArchTest
  static final ArchRule packages_haveNoCycles =
      slices().matching("dev.coracle.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule rooms_haveNoCyclesEither =
      slices().matching("dev.coracle.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule every_package_isOneOfTheDesign =
      ArchRuleDefinition.classes()
          .should(
              new com.tngtech.archunit.lang.ArchCondition<JavaClass>(
                  "be in a package of the design") {
                @Override
                public void check(
                    JavaClass javaClass, com.tngtech.archunit.lang.ConditionEvents events) {
                  String name = javaClass.getPackageName();
                  String top = name.length() > 12 ? name.substring(12).split("\\.", -1)[0] : "";
                  if (!ARROWS.containsKey(top)) {
                    events.add(
                        com.tngtech.archunit.lang.SimpleConditionEvent.violated(
                            javaClass, javaClass.getName() + " is in no package of the design"));
                  }
                }
              });
}
