package dev.coracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the documents name is there: packages, classes, tests, files and flags. */
class DocumentsTest {

  private static final Path ROOT = Path.of("..");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)(?:#[^)]*)?\\)");
  private static final Pattern NAME =
      Pattern.compile(
          "(?:dev\\.coracle\\.)?([a-z][a-z0-9]*(?:\\.[a-z][a-z0-9]*)*)(?:\\.([A-Z]\\w*))?(?:\\.(\\w+))?");
  private static final Pattern TEST = Pattern.compile("([A-Z]\\w*Test)(?:\\.(\\w+)(\\*)?)?");
  private static final Pattern FLAG = Pattern.compile("(--[a-z][a-z-]*)(?:[ =*].*)?");

  /** Names of groups and files, which look like packages. */
  private static final Pattern FOREIGN =
      Pattern.compile("(?:\\w+\\.)*(?:k8s\\.io|kubernetes\\.io|yaml|json|svg|txt|jar)");

  private static final Map<Path, String> DOCUMENTS = new HashMap<>();
  private static final Map<String, List<Path>> SOURCES = new HashMap<>();
  private static final Set<String> PACKAGES = new LinkedHashSet<>();

  @BeforeAll
  static void read() throws IOException {
    for (String document : List.of("README.md", "CONTRIBUTING.md", "docs")) {
      for (Path path : files(ROOT.resolve(document), ".md")) {
        DOCUMENTS.put(path, Files.readString(path));
      }
    }
    for (Path module : modules()) {
      for (String kind : List.of("main", "test")) {
        Path top = module.resolve("src/" + kind + "/java");
        for (Path source : files(top, ".java")) {
          String name = source.getFileName().toString().replace(".java", "");
          SOURCES.computeIfAbsent(name, unused -> new ArrayList<>()).add(source);
          PACKAGES.add(top.relativize(source.getParent()).toString().replace('/', '.'));
        }
      }
    }
    assertThat(DOCUMENTS).hasSizeGreaterThan(10);
    assertThat(PACKAGES).contains("dev.coracle.store", "dev.coracle.podinfo");
  }

  private static List<Path> modules() throws IOException {
    try (Stream<Path> entries = Files.list(ROOT)) {
      return entries.filter(path -> Files.exists(path.resolve("pom.xml"))).toList();
    }
  }

  private static List<Path> files(Path top, String ending) throws IOException {
    if (!Files.exists(top)) {
      return List.of();
    }
    try (Stream<Path> tree = Files.walk(top)) {
      return tree.filter(path -> path.toString().endsWith(ending)).toList();
    }
  }

  /** What a pattern finds in the documents and a check does not, each with its document. */
  private static List<String> wrong(Pattern pattern, Predicate<Matcher> right) {
    List<String> wrong = new ArrayList<>();
    DOCUMENTS.forEach(
        (path, text) -> {
          Matcher code = CODE.matcher(text);
          while (code.find()) {
            Matcher found = pattern.matcher(code.group(1));
            if (found.matches() && !right.test(found)) {
              wrong.add(path + ": " + code.group(1));
            }
          }
        });
    return wrong;
  }

  private static boolean declares(Path source, String member) {
    try {
      return Pattern.compile("\\b" + member + "\\b").matcher(Files.readString(source)).find();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void names_ofPackagesAndClasses_areInTheTree() {
    assertThat(
            wrong(
                NAME,
                name -> {
                  String inside = "dev.coracle." + name.group(1);
                  String top = "dev.coracle." + name.group(1).split("\\.", 2)[0];
                  if (!PACKAGES.contains(top) || FOREIGN.matcher(name.group(1)).matches()) {
                    return true;
                  }
                  if (name.group(2) == null) {
                    return PACKAGES.contains(inside);
                  }
                  return SOURCES.getOrDefault(name.group(2), List.of()).stream()
                      .filter(source -> source.getParent().endsWith(inside.replace('.', '/')))
                      .anyMatch(source -> name.group(3) == null || declares(source, name.group(3)));
                }))
        .isEmpty();
  }

  @Test
  void tests_thatGuardSomething_areThere() {
    assertThat(
            wrong(
                TEST,
                test ->
                    SOURCES.getOrDefault(test.group(1), List.of()).stream()
                        .anyMatch(
                            source ->
                                test.group(2) == null
                                    || declares(
                                        source,
                                        test.group(2) + (test.group(3) == null ? "" : "\\w*")))))
        .isEmpty();
  }

  @Test
  void flags_ofCoracle_areTaken() throws IOException {
    StringBuilder commands = new StringBuilder("\"--help\"");
    for (Path source : files(Path.of("src/main/java/dev/coracle/cli"), ".java")) {
      commands.append(Files.readString(source));
    }
    assertThat(wrong(FLAG, flag -> isTaken(flag.group(1), commands.toString())))
        .filteredOn(each -> !each.contains("/adr/"))
        .isEmpty();
  }

  @Test
  void flags_ofUp_areInTheReadme() throws IOException {
    String readme = DOCUMENTS.get(ROOT.resolve("README.md"));
    List<String> missing = new ArrayList<>();
    for (Path source : files(Path.of("src/main/java/dev/coracle/cli"), ".java")) {
      if (source.endsWith("UpCommand.java")
          || source.toString().matches(".*(Flags?|Options?).java")) {
        Matcher option =
            Pattern.compile("names = \\{?\"(--[a-z0-9-]+)\"[^@]*?description")
                .matcher(Files.readString(source));
        while (option.find()) {
          if (!option.group().contains("hidden") && !isNamed(option.group(1), readme)) {
            missing.add(option.group(1));
          }
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  private static boolean isNamed(String flag, String readme) {
    Matcher code = CODE.matcher(readme);
    while (code.find()) {
      String named = code.group(1);
      if (named.equals(flag) || (named.endsWith("-") && flag.startsWith(named))) {
        return true;
      }
    }
    return false;
  }

  /**
   * One that ends with a dash stands for all that begin so; picocli makes the {@code --no-} ones.
   */
  private static boolean isTaken(String flag, String commands) {
    return flag.endsWith("-")
        ? commands.contains("\"" + flag)
        : commands.contains("\"" + flag + "\"")
            || commands.contains("\"" + flag.replaceFirst("^--no-", "--") + "\"");
  }

  @Test
  void links_leadSomewhere() {
    List<String> broken = new ArrayList<>();
    DOCUMENTS.forEach(
        (path, text) -> {
          Matcher link = LINK.matcher(text);
          while (link.find()) {
            String target = link.group(1);
            if (!target.contains("://") && !Files.exists(path.resolveSibling(target))) {
              broken.add(path + ": " + target);
            }
          }
        });
    assertThat(broken).isEmpty();
  }
}
