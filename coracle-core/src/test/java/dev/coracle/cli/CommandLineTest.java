package dev.coracle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cli.CoracleProcess.Output;
import dev.coracle.cli.CoracleProcess.Up;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exit codes and sentences of the commands, in real processes. */
class CommandLineTest {

  private static final String[] SERVER_ONLY = {"--only=apiserver", "--runtime=none"};

  @TempDir Path home;
  private CoracleProcess coracle;

  @BeforeEach
  void prepare() {
    coracle = CoracleProcess.in(home);
  }

  private static void assertOneSentence(Output output) {
    assertThat(output.text().lines().filter(line -> line.startsWith("coracle: "))).hasSize(1);
    assertThat(output.text().lines().toList().getLast()).startsWith("coracle: ");
    assertThat(output.text()).doesNotContain("Exception").doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--no-such-flag",
        "--listen=nowhere",
        "--listen=127.0.0.1:99999",
        "--listen=[::1:0",
        "--node-name=Not_Valid!",
        "--service-loadbalancer-pool=192.0.2",
        "--runtime=docker",
        "--service-cidr=10.96.0.0",
        "--simulated-nodes=-1",
        "--wait",
        "--detach",
        "--oidc-issuer-url=https://a.example",
        "--authorization-config=a --authorization-mode=RBAC"
      })
  void up_badFlag_exits2(String flag) throws Exception {
    Output output = coracle.run(("up " + flag).split(" ", -1));
    assertThat(output.exitCode()).isEqualTo(2);
    assertOneSentence(output);
    assertThat(coracle.data()).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--token-auth-file",
        "--authentication-config",
        "--service-account-signing-key-file"
      })
  void up_badAuthFile_exits1AndNamesIt(String flag) throws Exception {
    Path file = Files.writeString(home.resolve("bad"), "a,\"b");
    Output output =
        coracle.run(
            "up",
            "--listen=127.0.0.1:0",
            "--only=apiserver",
            "--runtime=none",
            flag,
            file.toString());
    assertThat(output.exitCode()).isEqualTo(1);
    assertThat(output.text()).contains("coracle: " + flag + ": " + file + " can't be used: ");
    assertOneSentence(output);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--admission-control-config-file", "--scheduler-config", "--authorization-config"})
  void up_fileIsNoYaml_exits1AndSaysWhere(String flag) throws Exception {
    Path file = Files.writeString(home.resolve("bad"), "kind: x\n{");
    Output output = coracle.run("up", "--listen=127.0.0.1:0", "--runtime=none", flag + "=" + file);
    assertThat(output.exitCode()).isEqualTo(1);
    assertThat(output.text()).contains(file.toString()).contains("yaml: line ");
    assertOneSentence(output);
  }

  @Test
  void up_addressIsNotOurs_exits1AndSaysWhy() throws Exception {
    Output output = coracle.run("up", "--listen=192.0.2.1:0", "--only=apiserver");
    assertThat(output.exitCode()).isEqualTo(1);
    assertThat(output.text())
        .contains("can't listen on 192.0.2.1:0: Cannot assign requested address");
    assertOneSentence(output);
  }

  @Test
  void up_storeIsAFile_exits4() throws Exception {
    Files.createDirectories(coracle.data());
    Files.writeString(coracle.data().resolve("store"), "a file");
    Output output = coracle.run("up", "--listen=127.0.0.1:0", "--only=apiserver");
    assertThat(output.exitCode()).isEqualTo(4);
    assertThat(output.text()).contains("it is a file");
    assertOneSentence(output);
  }

  @Test
  void up_portTaken_exits3AndNamesIt() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Output output = coracle.run("up", "--listen=127.0.0.1:" + taken.getLocalPort());
      assertThat(output.exitCode()).isEqualTo(3);
      assertThat(output.text())
          .contains("coracle: port " + taken.getLocalPort() + " of 127.0.0.1 is taken");
      assertOneSentence(output);
    }
    assertThat(coracle.leftovers(coracle.data().toString())).isEmpty();
  }

  @Test
  void up_directoryCannotBeMade_exits4() throws Exception {
    Files.writeString(coracle.data(), "a file");
    Output output = coracle.run("up", "--listen=127.0.0.1:0");
    assertThat(output.exitCode()).isEqualTo(4);
    assertThat(output.text())
        .contains("the data directory " + coracle.data() + " can't be written");
    assertOneSentence(output);
    assertThat(coracle.data()).hasContent("a file");
  }

  @Test
  void up_runtimeCri_exits7() throws Exception {
    Output output = coracle.run("up", "--runtime=cri");
    assertThat(output.exitCode()).isEqualTo(7);
    assertOneSentence(output);
  }

  @Test
  void commands_aroundARunningCluster_sayWhoHoldsItAndStopIt() throws Exception {
    assertThat(coracle.run("status").exitCode()).isEqualTo(8);
    assertThat(coracle.run("down"))
        .isEqualTo(new Output(0, "Nothing runs on " + coracle.data() + ".\n"));
    Up up = coracle.up(SERVER_ONLY);
    try {
      assertThat(coracle.data().resolve("coracle.pid")).hasContent(up.pid() + "\n");

      Output second = coracle.run("up", "--listen=127.0.0.1:0");
      assertThat(second.exitCode()).isEqualTo(5);
      assertThat(second.text()).contains("is held by process " + up.pid());
      assertOneSentence(second);

      Output status = coracle.run("status");
      assertThat(status.exitCode()).isZero();
      assertThat(status.text()).contains("https://127.0.0.1:").contains(Long.toString(up.pid()));

      Output reset = coracle.run("reset", "--yes");
      assertThat(reset.exitCode()).isEqualTo(1);
      assertThat(reset.text()).contains("runs (process " + up.pid() + ")");
      assertThat(coracle.data().resolve("pki")).exists();

      Output down = coracle.run("down");
      assertThat(down.exitCode()).isZero();
      assertThat(down.text()).startsWith("Stopped (process " + up.pid() + ")");
      assertThat(up.await()).isEqualTo(143);
      assertThat(up.text()).endsWith("Stopped.\n");
    } finally {
      up.process().destroyForcibly();
    }
    assertThat(coracle.run("status").exitCode()).isEqualTo(8);
  }

  @Test
  void reset_asksAndLeavesForeignFiles() throws Exception {
    Up up = coracle.up(SERVER_ONLY);
    up.signal("TERM");
    up.await();
    Path foreign = Files.writeString(coracle.data().resolve("notes.txt"), "mine");
    Files.createDirectories(coracle.data().resolve("volumes/pvc-1"));

    Output no = coracle.runWithInput("n\n", "reset");
    assertThat(no.exitCode()).isEqualTo(1);
    assertThat(no.text()).contains("[y/N]").contains("Nothing was deleted.");
    assertThat(coracle.data().resolve("pki")).exists();

    Output end = coracle.runWithInput("", "reset");
    assertThat(end.exitCode()).isEqualTo(1);

    Output yes = coracle.runWithInput("y\n", "reset");
    assertThat(yes.exitCode()).isZero();
    try (var left = Files.list(coracle.data())) {
      assertThat(left).containsExactly(foreign);
    }
    assertThat(foreign).hasContent("mine");
    assertThat(Files.readString(home.resolve("kubeconfig"))).doesNotContain("coracle");
    assertThat(coracle.run("reset", "--yes").text()).contains("There is no cluster");
  }

  @Test
  void launcher_noJdk_exits6() throws IOException {
    Path launcher = Path.of("..", "coracle").toAbsolutePath().normalize();
    Path empty = Files.createDirectories(home.resolve("none"));
    Output output =
        coracle.program(
            "env", "JAVA_HOME=", "CORACLE_JVMS=" + empty, launcher.toString(), "status");
    assertThat(output.exitCode()).isEqualTo(6);
    assertOneSentence(output);
    assertThat(output.text()).contains("no JDK 25");
  }

  @Test
  void main_unknownCommand_exits2() throws Exception {
    Output output = coracle.run("fly");
    assertThat(output.exitCode()).isEqualTo(2);
    assertOneSentence(output);
  }
}
