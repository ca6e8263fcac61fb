package dev.coracle.cli;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.coracle.KubectlOutput;
import dev.coracle.Patience;
import dev.coracle.network.PodBridge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The command line in processes of its own, with a home directory of its own. */
final class CoracleProcess {

  /** What a program printed, both streams, and how it ended. */
  record Output(int exitCode, String text) {}

  private final Path home;
  private final Path data;
  private final List<String> before;
  private final String classpath;

  private CoracleProcess(Path home, String data, List<String> before, String classpath) {
    this.home = home;
    this.data = home.resolve(data);
    this.before = before;
    this.classpath = classpath;
  }

  static CoracleProcess in(Path home) {
    return new CoracleProcess(home, "data", List.of(), System.getProperty("java.class.path"));
  }

  /** As a user without rights, who can read neither this user's home nor its libraries. */
  static CoracleProcess asOrdinaryUser(Path home) throws IOException {
    int number = 0;
    List<String> entries = new ArrayList<>();
    Path libraries = Files.createDirectories(home.resolve("libraries"));
    for (String entry : System.getProperty("java.class.path").split(":")) {
      Path from = Path.of(entry);
      Path to = libraries.resolve(number++ + "-" + from.getFileName());
      if (Files.isDirectory(from)) {
        if (entry.endsWith("test-classes")) {
          continue;
        }
        run(home, "", List.of("cp", "-r", entry, to.toString()));
      } else {
        Files.copy(from, to);
      }
      entries.add(to.toString());
    }
    run(home, "", List.of("chown", "-R", "65534:65534", home.toString()));
    run(home, "", List.of("chmod", "755", home.toString()));
    return new CoracleProcess(
        home,
        "data",
        List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
        String.join(":", entries));
  }

  Path data() {
    return data;
  }

  private List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(before);
    // what runs in the background of a shell would not hear of INT
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            classpath,
            "dev.coracle.cli.Main"));
    command.addAll(List.of(arguments));
    command.add("--data=" + data);
    return command;
  }

  private static ProcessBuilder builder(Path home, List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(home.toFile());
    builder.environment().put("HOME", home.toString());
    builder.environment().put("KUBECONFIG", home.resolve("kubeconfig").toString());
    builder.environment().remove("CORACLE_DATA");
    return builder;
  }

  /** Runs a command of coracle to its end. */
  Output run(String... arguments) throws IOException, InterruptedException {
    return runWithInput("", arguments);
  }

  Output runWithInput(String input, String... arguments) throws IOException, InterruptedException {
    return finish(builder(home, command(arguments)), input);
  }

  private static Output finish(ProcessBuilder builder, String input)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile("coracle", ".out");
    try {
      Process process = builder.redirectOutput(file.toFile()).start();
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      }
      if (!process.waitFor(Patience.SECONDS, SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(builder.command() + " does not end: " + read(file));
      }
      return new Output(process.exitValue(), KubectlOutput.said(read(file)));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static Output run(Path home, String input, List<String> command) {
    try {
      return finish(builder(home, command), input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Any program, with this home and kubeconfig. */
  Output program(String... command) {
    return run(home, "", List.of(command));
  }

  /** Applies what has Pods: their ServiceAccount is awaited first, as an API server does not. */
  Output apply(String yaml) {
    Awaitility.await()
        .until(() -> program("kubectl", "get", "serviceaccount", "default").exitCode() == 0);
    return run(home, yaml, List.of("kubectl", "apply", "-f", "-"));
  }

  /** A cluster that runs in the foreground. */
  record Up(Process process, Path log) {

    long pid() {
      return process.pid();
    }

    String text() {
      return read(log);
    }

    int await() throws InterruptedException {
      if (!process.waitFor(Patience.SECONDS, SECONDS)) {
        throw new IllegalStateException("still runs: " + text());
      }
      return process.exitValue();
    }

    void signal(String name) {
      run(log.getParent(), "", List.of("kill", "-" + name, Long.toString(pid())));
    }
  }

  /** Starts a cluster on a port of its own and waits until it is ready. */
  Up up(String... arguments) throws IOException {
    Path log = Files.createTempFile(home, "up", ".log");
    List<String> all = new ArrayList<>(List.of("up", "--listen=127.0.0.1:0"));
    all.addAll(List.of(arguments));
    Process process =
        builder(home, command(all.toArray(String[]::new))).redirectOutput(log.toFile()).start();
    Up up = new Up(process, log);
    Awaitility.await().until(() -> up.text().contains("Ready after") || !process.isAlive());
    if (!process.isAlive()) {
      throw new IllegalStateException(up.text());
    }
    return up;
  }

  /** Whatever of a stopped cluster is still on this machine; empty is how it should be. */
  List<String> leftovers(String marker) {
    List<String> found = new ArrayList<>();
    String id = PodBridge.id(data);
    found.addAll(processes(marker));
    read(Path.of("/proc/self/mountinfo"))
        .lines()
        .filter(line -> line.contains(data.toString()))
        .forEach(found::add);
    if (Files.exists(Path.of("/sys/class/net/cor" + id))) {
      found.add("bridge cor" + id);
    }
    program("nft", "list", "tables")
        .text()
        .lines()
        .filter(line -> line.contains(id))
        .forEach(found::add);
    return found;
  }

  /** Command lines of the processes of this machine that contain a word. */
  static List<String> processes(String marker) {
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      return all.filter(path -> path.getFileName().toString().matches("\\d+"))
          .map(path -> read(path.resolve("cmdline")).replace('\0', ' ').strip())
          .filter(line -> line.contains(marker))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      // A process that ended meanwhile.
      return "";
    }
  }
}
