package dev.coracle.node.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.Patience;
import dev.coracle.node.linux.MountTable;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.PortConnection;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.SecurityOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProcessRuntimeTest extends RuntimeFixture {

  @Test
  void start_echo_logsAndExits() throws Exception {
    assertThat(run("echo hello; echo bad >&2; exit 3")).contains("hello\n", "bad\n", "exit=3");
  }

  @Test
  void start_environment_isExactlyTheGiven() throws Exception {
    assertThat(run(config(newLog(), List.of(), "env")))
        .isEqualTo("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\nHOSTNAME=web\nexit=0");
  }

  @Test
  void start_commandIsPidOne_andSeesOnlyItself() throws Exception {
    assertThat(run("echo pid $$; ls /proc | grep -E '^[0-9]+$' | sort -n | head -1; ls /dev/.gate"))
        .contains("pid 1\n1\n", "cannot access");
  }

  @Test
  void start_onAnOldKernel_seesOnlyItself() throws Exception {
    Gate.asOnOldKernels = true;
    try {
      assertThat(run("echo pid $$; ls /proc | grep -E '^[0-9]+$' | sort -n | head -1"))
          .contains("pid 1\n1\n");
    } finally {
      Gate.asOnOldKernels = false;
    }
  }

  @Test
  void start_user_isTheAskedOneWithoutCapabilities() throws Exception {
    SecurityOptions user =
        new SecurityOptions(
            1000, 2000, List.of(3000L), false, true, true, List.of(), List.of("ALL"));
    assertThat(
            run(
                config(
                    newLog(),
                    List.of(),
                    user,
                    false,
                    "sh",
                    "-c",
                    "id -u; id -g; id -G; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status;"
                        + " touch /tmp/x")))
        .contains("1000\n2000\n2000 3000\n")
        .contains("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1")
        .contains("Read-only file system");
  }

  @Test
  void start_default_hasTheUsualCapabilities() throws Exception {
    assertThat(run("grep CapEff /proc/self/status")).contains("00000000a80425fb");
  }

  @Test
  void start_terminal_isControlling() throws Exception {
    assertThat(
            run(
                config(
                    newLog(),
                    List.of(),
                    SecurityOptions.DEFAULT,
                    true,
                    "sh",
                    "-c",
                    "tty; echo x > /dev/tty; ps -o tty= -p $$")))
        .contains("/dev/pts/0", "x\r\n", "pts/0");
  }

  @Test
  void start_unknownCommand_saysSo() {
    String id = runtime.createContainer(sandbox, config(newLog(), List.of(), "no-such-thing"));
    assertThatThrownBy(() -> runtime.startContainer(id))
        .isInstanceOf(RuntimeFailure.class)
        .hasMessageContaining("exec: \"no-such-thing\": executable file not found in $PATH");
  }

  @Test
  void create_withoutCommand_saysWhatToDo() {
    assertThatThrownBy(() -> runtime.createContainer(sandbox, config(newLog(), List.of())))
        .hasMessageContaining("set the container's command");
  }

  @Test
  void stop_ignoringTerm_isKilledAfterGrace() throws Exception {
    String id = start("sh", "-c", "trap '' TERM; sleep 1000 & wait; sleep 1000");
    runtime.stopContainer(id, Duration.ofMillis(100));
    assertThat(runtime.status(id))
        .extracting(ContainerStatus::exitCode, ContainerStatus::signal)
        .containsExactly(137, 9);
  }

  @Test
  void exec_inRunning_seesTheContainer() throws Exception {
    String id = start("sh", "-c", "echo mine > /tmp/file; exec sleep 1000");
    try (ContainerStream stream =
        runtime.exec(
            id,
            new ExecRequest(
                List.of("sh", "-c", "cat; hostname; ps -e | wc -l; exit 7"), true, false))) {
      stream.stdin().write("from outside\n".getBytes(StandardCharsets.UTF_8));
      stream.stdin().close();
      assertThat(new String(stream.stdout().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("from outside\nweb\n");
      assertThat(stream.await()).isEqualTo(7);
    }
  }

  @Test
  void exec_muchOutput_arrivesWhole() throws Exception {
    String id = start("sleep", "1000");
    try (ContainerStream stream =
        runtime.exec(
            id, new ExecRequest(List.of("head", "-c", "5000000", "/dev/zero"), false, false))) {
      assertThat(stream.stdout().readAllBytes()).hasSize(5_000_000);
      assertThat(stream.await()).isZero();
    }
  }

  @Test
  void exec_terminal_hasASize() throws Exception {
    String id = start("sleep", "1000");
    try (ContainerStream stream =
        runtime.exec(id, new ExecRequest(List.of("sh", "-c", "read x; stty size"), true, true))) {
      stream.resize(132, 43);
      stream.stdin().write("\n".getBytes(StandardCharsets.UTF_8));
      assertThat(new String(stream.stdout().readAllBytes(), StandardCharsets.UTF_8))
          .contains("43 132");
      assertThat(stream.await()).isZero();
    }
  }

  @Test
  void connect_loopbackOfThePod_isShared() throws Exception {
    String server =
        "import socket;s=socket.socket();s.bind(('127.0.0.1',8123));s.listen();print('up',flush=True);"
            + "c,_=s.accept();c.sendall(b'hi');c.close()";
    ContainerConfig config = config(newLog(), List.of(), "python3", "-c", server);
    String id = runtime.createContainer(sandbox, config);
    runtime.startContainer(id);
    org.awaitility.Awaitility.await().until(() -> log(config.log()).contains("up"));
    try (PortConnection connection = runtime.connect(sandbox, 8123)) {
      assertThat(connection.input().readAllBytes()).asString().isEqualTo("hi");
    }
  }

  @Test
  void sharedPid_containersSeeEachOther() throws Exception {
    String id = runtime.runSandbox(sandboxConfig(true)).id();
    String first = runtime.createContainer(id, config(newLog(), List.of(), "sleep", "4321"));
    runtime.startContainer(first);
    ContainerConfig second = config(newLog(), List.of(), "ps", "-ef");
    runtime.startContainer(runtime.createContainer(id, second));
    assertThat(exits.poll(Patience.SECONDS, TimeUnit.SECONDS)).isNotNull();
    assertThat(log(second.log())).contains("sleep 4321");
  }

  @Test
  void cleanUp_afterCrash_leavesNothing() throws Exception {
    String id = start("sleep", "1000");
    Path crashed = directory.resolve("run");
    assertThat(MountTable.below(crashed)).isNotEmpty();
    assertThat(ProcessRuntime.cleanUp(crashed)).containsExactly("default/web/uid");
    assertThat(exits.poll(Patience.SECONDS, TimeUnit.SECONDS)).isNotNull();
    assertThat(MountTable.below(crashed)).isEmpty();
    assertThat(runtime.status(id)).extracting(ContainerStatus::exitCode).isEqualTo(137);
  }
}
