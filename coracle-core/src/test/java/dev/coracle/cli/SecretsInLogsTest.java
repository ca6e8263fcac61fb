package dev.coracle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.Patience;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server that logs everything it can, and what must never be among it. */
class SecretsInLogsTest {

  private static final String TOKEN = "canary-static-token-1";
  private static final String WRONG = "canary-wrong-token-2";
  private static final String QUERY = "canary-query-token-3";
  private static final String PASSWORD = "canary-password-4";
  private static final String DATA = "canary-secret-data-5";
  private static final String INVALID = "canary-invalid-data-6";

  @TempDir private Path directory;

  @Test
  void run_atTheHighestLevel_leavesNoSecretInAnyLog() throws Exception {
    Path tokens =
        Files.writeString(
            directory.resolve("tokens.csv"), TOKEN + ",watcher,1,\"system:masters\"\n");
    Path policy =
        Files.writeString(
            directory.resolve("policy.yaml"),
            "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n");
    Path audit = directory.resolve("audit.log");
    Path kubeconfig = directory.resolve("kubeconfig");
    Path log = directory.resolve("out.log");
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.coracle.cli.Main",
                "up",
                "--data=" + directory.resolve("data"),
                "--listen=127.0.0.1:0",
                "--only=controlplane",
                "--durability=memory",
                "--legacy-service-account-tokens",
                "--kubeconfig=" + kubeconfig,
                "--token-auth-file=" + tokens,
                "--audit-policy-file=" + policy,
                "--audit-log-path=" + audit)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    List<String> issued = new ArrayList<>();
    try {
      Awaitility.await()
          .until(
              () ->
                  Files.readString(log, StandardCharsets.ISO_8859_1).contains("Ready after")
                      || !server.isAlive());
      String url =
          kubectl(kubeconfig, "config", "view", "-o=jsonpath={.clusters[0].cluster.server}");
      kubectl(kubeconfig, "create", "secret", "generic", "s", "--from-literal=k=" + DATA);
      kubectl(kubeconfig, "get", "secret", "s", "-o", "yaml");
      kubectl(
          kubeconfig, "patch", "secret", "s", "-p", "{\"stringData\":{\"x\":\"" + DATA + "\"}}");
      kubectl(
          kubeconfig,
          "create",
          "secret",
          "generic",
          "s2",
          "--type=kubernetes.io/dockerconfigjson",
          "--from-literal=.dockerconfigjson=" + INVALID);
      Awaitility.await()
          .ignoreExceptions()
          .until(
              () -> {
                String token = kubectl(kubeconfig, "create", "token", "default");
                return token.startsWith("ey") && issued.add(token.strip());
              });
      for (String token : List.of(TOKEN, WRONG, issued.getFirst(), issued.getFirst() + "x")) {
        anonymous(url, "--token=" + token, "get", "secrets");
      }
      anonymous(url, "--username=u", "--password=" + PASSWORD, "get", "secrets");
      anonymous(url, "get", "--raw", "/api/v1/secrets?access_token=" + QUERY);
      assertThat(anonymous(url, "--token=" + TOKEN, "get", "secret", "s")).contains("Opaque");
    } finally {
      server.destroy();
      server.waitFor(Patience.SECONDS, TimeUnit.SECONDS);
      server.destroyForcibly();
    }
    String logs = Files.readString(log, StandardCharsets.ISO_8859_1);
    String records = Files.readString(audit, StandardCharsets.ISO_8859_1);

    assertThat(logs).as("the highest level is on").contains("DEBUG");
    assertThat(records).contains("\"name\":\"s\"");
    for (String canary : List.of(TOKEN, WRONG, PASSWORD, DATA, INVALID)) {
      String encoded = Base64.getEncoder().encodeToString(canary.getBytes(StandardCharsets.UTF_8));
      assertThat(logs).doesNotContain(canary).doesNotContain(encoded.substring(0, 16));
      assertThat(records).doesNotContain(canary).doesNotContain(encoded.substring(0, 16));
    }
    assertThat(logs).doesNotContain(QUERY);
    for (String token : issued) {
      String signature = token.substring(token.lastIndexOf('.') + 1);
      assertThat(logs).doesNotContain(signature);
      assertThat(records).doesNotContain(signature);
    }
    String key = Files.readString(directory.resolve("data/pki/ca.key")).lines().toList().get(1);
    assertThat(logs).doesNotContain(key);
    assertPrivate();
  }

  /** Nobody else reads the data directory, and keys are 0600 even so. */
  private void assertPrivate() throws IOException {
    Path data = directory.resolve("data");
    assertThat(Files.getPosixFilePermissions(data)).hasSize(3);
    try (Stream<Path> files = Files.walk(data.resolve("pki"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".key")).toList()) {
        assertThat(Files.getPosixFilePermissions(file)).as(file.toString()).hasSize(2);
      }
    }
  }

  private String anonymous(String url, String... arguments) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of("--kubeconfig=/dev/null", "--server=" + url, "--insecure-skip-tls-verify"));
    all.addAll(List.of(arguments));
    return kubectl(Path.of("/dev/null"), all.toArray(String[]::new));
  }

  private String kubectl(Path kubeconfig, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("HOME", directory.toString());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor(Patience.SECONDS, TimeUnit.SECONDS);
    return output;
  }
}
