package dev.coracle.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The launcher packs the ambassador's classes into a jar of their own: all that it needs. */
class ProxyJarTest {

  private static final Pattern PACKED =
      Pattern.compile("coracle-all\\.jar\"((?:\\s|\\\\\\R|[\\w./])+)");

  @Test
  void launcher_packsAllClassesOfTheAmbassador() throws Exception {
    Path launcher = Path.of("..", "coracle").toAbsolutePath().normalize();
    Matcher matcher = PACKED.matcher(Files.readString(launcher));
    assertThat(matcher.find()).as("the classes that %s packs", launcher).isTrue();
    List<String> packed =
        List.of(matcher.group(1).replace("\\", " ").replace(".class", "").strip().split("\\s+"));

    Set<String> missing =
        needed().stream()
            .filter(name -> packed.stream().noneMatch(entry -> isOf(name, entry)))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(packed).contains("dev/coracle/proxy");
    assertThat(missing).isEmpty();
  }

  private static boolean isOf(String name, String entry) {
    String path = name.replace('.', '/');
    return path.equals(entry) || path.startsWith(entry + "/") || path.startsWith(entry + "$");
  }

  /** Our own classes that can be reached from the ambassador's main class. */
  private static Set<String> needed() {
    JavaClass main =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.coracle")
            .get(ProxyMain.class);
    Set<String> names = new TreeSet<>();
    for (Dependency dependency : main.getTransitiveDependenciesFromSelf()) {
      String name = dependency.getTargetClass().getBaseComponentType().getName();
      if (name.startsWith("dev.coracle.")) {
        names.add(name);
      }
    }
    assertThat(names).as("what %s needs", ProxyMain.class).hasSizeGreaterThan(5);
    return names;
  }
}
