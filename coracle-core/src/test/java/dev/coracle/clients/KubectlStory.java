package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.KubectlOutput;
import dev.coracle.Patience;
import dev.coracle.cluster.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A file of commands and of what kubectl prints, played with one kubectl in one namespace. */
final class KubectlStory {

  /** Where Google's tools bring kubectls of several versions. */
  private static final Path MANY = Path.of("/usr/lib/google-cloud-sdk/bin");

  /** Commands that change nothing. */
  private static final Set<String> LOOKS = Set.of("get", "describe", "events", "logs");

  private final TestCluster cluster;
  private final String kubectl;
  private final String namespace;
  private final Path directory;

  KubectlStory(TestCluster cluster, String kubectl, String namespace, Path directory) {
    this.cluster = cluster;
    this.kubectl = kubectl;
    this.namespace = namespace;
    this.directory = directory;
  }

  /** The oldest and the newest kubectl of the many, or the one that the machine has. */
  static List<String> kubectls() throws IOException {
    if (Files.isDirectory(MANY)) {
      try (Stream<Path> files = Files.list(MANY)) {
        List<String> versions =
            files
                .map(Path::toString)
                .filter(file -> file.matches(".*/kubectl\\.1\\.\\d\\d"))
                .sorted()
                .toList();
        if (versions.size() > 1) {
          return List.of(versions.getFirst(), versions.getLast());
        }
      }
    }
    return Stream.of(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, "kubectl"))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .limit(1)
        .toList();
  }

  /** Pods in namespaces of their own, and with control groups, need root. */
  static void assumeRoot() {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "Pods in namespaces of their own need root");
  }

  /**
   * One command.
   *
   * @param input what is typed
   * @param terminal whether kubectl has one
   */
  private record Step(
      List<String> command, boolean terminal, String input, List<String> expected, int exitCode) {}

  void play(String resource) throws IOException, InterruptedException {
    Path editor = Files.writeString(directory.resolve("editor.sh"), EDITOR);
    Files.setPosixFilePermissions(editor, PosixFilePermissions.fromString("rwxr-xr-x"));
    run(new Step(List.of("create", "namespace", namespace), false, "", List.of(), 0));
    for (Step step : read(resource)) {
      TestCluster.Output output = LOOKS.contains(step.command.getFirst()) ? see(step) : run(step);
      String said = kubectl + " " + String.join(" ", step.command) + "\n" + output.text();
      assertThat(matches(step, output))
          .as(said + "\n--- expected:\n" + String.join("\n", step.expected))
          .isTrue();
      assertThat(output.exitCode()).as(said).isEqualTo(step.exitCode);
    }
  }

  /** What is looked at may still be on its way: looks again until it is there. */
  private TestCluster.Output see(Step step) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Patience.LIMIT.toNanos();
    TestCluster.Output output = run(step);
    while (!matches(step, output) && System.nanoTime() < deadline) {
      output = run(step);
    }
    return output;
  }

  private static boolean matches(Step step, TestCluster.Output output) {
    return output.exitCode() == step.exitCode
        && matches(
            step.expected, 0, output.text().lines().filter(KubectlOutput::isSaid).toList(), 0);
  }

  private static final String EDITOR =
      """
      #!/bin/sh
      sed -i 's/^  k: .*/  k: edited/' "$1"
      """;

  private List<Step> read(String resource) throws IOException {
    String text;
    try (InputStream file = KubectlStory.class.getResourceAsStream("/clients/" + resource)) {
      text = new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
    }
    List<Step> steps = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    List<String> command = List.of();
    StringBuilder input = new StringBuilder();
    boolean terminal = false;
    int exitCode = 0;
    List<String> lines = text.replaceAll("\\bNS\\b", namespace).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("FILE ")) {
        int end = lines.subList(i, lines.size()).indexOf("END") + i;
        String content = String.join("\n", lines.subList(i + 1, end)) + "\n";
        Path file = directory.resolve(line.substring(5));
        Files.createDirectories(file.getParent());
        Files.writeString(file, content.replace("REQUEST", Kinds.request()));
        i = end;
      } else if (line.startsWith("$ ") || line.startsWith("% ")) {
        add(steps, new Step(command, terminal, input.toString(), expected, exitCode));
        input = new StringBuilder();
        terminal = line.startsWith("%");
        command =
            Stream.of(line.substring(2).split(" ")).map(word -> word.replace('_', ' ')).toList();
        expected = new ArrayList<>();
        exitCode = 0;
      } else if (line.startsWith("< ")) {
        input.append(line.substring(2)).append('\n');
      } else if (line.startsWith("! ")) {
        exitCode = Integer.parseInt(line.substring(2));
      } else if (!line.startsWith("# ")) {
        expected.add(line);
      }
    }
    add(steps, new Step(command, terminal, input.toString(), expected, exitCode));
    return steps;
  }

  private static void add(List<Step> steps, Step step) {
    if (!step.command.isEmpty()) {
      while (!step.expected.isEmpty() && step.expected.getLast().isEmpty()) {
        step.expected.removeLast();
      }
      steps.add(step);
    }
  }

  /** Whether the lines from {@code at} on are what is expected from {@code next} on. */
  private static boolean matches(List<String> expected, int next, List<String> lines, int at) {
    if (next == expected.size()) {
      return lines.subList(at, lines.size()).stream().allMatch(String::isEmpty);
    }
    String wanted = expected.get(next);
    if (wanted.equals("...")) {
      for (int i = at; i <= lines.size(); i++) {
        if (matches(expected, next + 1, lines, i)) {
          return true;
        }
      }
      return false;
    }
    if (at == lines.size()) {
      return false;
    }
    String line = lines.get(at);
    boolean same =
        wanted.startsWith("~")
            ? Pattern.matches(wanted.substring(1) + " *", line)
            : wanted.equals(line.stripTrailing());
    return same && matches(expected, next + 1, lines, at + 1);
  }

  private TestCluster.Output run(Step step) throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "said", ".out");
    Path input = Files.createTempFile(directory, "typed", ".in");
    Files.writeString(input, step.input);
    ProcessBuilder builder = kubectl(step.command);
    if (step.terminal) {
      String quoted =
          builder.command().stream()
              .map(word -> "'" + word.replace("'", "'\\''") + "'")
              .collect(Collectors.joining(" "));
      builder.command("script", "-qec", quoted, "/dev/null");
    }
    builder.redirectErrorStream(true).redirectInput(input.toFile());
    Process process = builder.redirectOutput(output.toFile()).start();
    if (!process.waitFor(Patience.SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(step.command + " did not end: " + Files.readString(output));
    }
    String said = Files.readString(output).replace("\r", "");
    return new TestCluster.Output(process.exitValue(), said);
  }

  /** A kubectl that is not started yet. */
  ProcessBuilder kubectl(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(kubectl, "--namespace", namespace));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().put("KUBECONFIG", cluster.kubeconfig().toString());
    builder.environment().put("HOME", directory.toString());
    builder.environment().put("KUBE_EDITOR", directory.resolve("editor.sh").toString());
    builder.environment().put("KUBECTL_APPLYSET", "true");
    builder.environment().put("KUBECTL_KUBERC", "false");
    return builder;
  }
}
