package dev.coracle.node.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.Patience;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.MountTable;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.LogReader;
import dev.coracle.node.runtime.Mount;
import dev.coracle.node.runtime.PodNetwork;
import dev.coracle.node.runtime.PortConnection;
import dev.coracle.node.runtime.PortMapping;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.SandboxConfig;
import dev.coracle.node.runtime.SecurityOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessRuntimeTest {

  private static final PodNetwork LOOPBACK_ONLY =
      new PodNetwork() {
        @Override
        public List<String> attach(String podKey, Path networkNamespace) {
          return List.of("10.244.0.7");
        }

        @Override
        public void expose(String podKey, String address, List<PortMapping> ports) {}

        @Override
        public void detach(String podKey) {}

        @Override
        public DnsConfig dnsConfig() {
          return new DnsConfig(List.of("10.96.0.10"), List.of(), List.of("ndots:5"));
        }
      };

  @TempDir private Path directory;
  private final LinkedBlockingQueue<ContainerStatus> exits = new LinkedBlockingQueue<>();
  private ProcessRuntime runtime;
  private String sandbox = "";
  private int logs;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(Linux.isSupported(), "the process runtime is for Linux");
    runtime =
        new ProcessRuntime(
            directory.resolve("run"),
            LOOPBACK_ONLY,
            InstantSource.system(),
            List.of(directory.resolve("data")));
    assumeTrue(runtime.isolates(), "needs root: " + runtime.degraded());
    runtime.onExit(exits::add);
    sandbox = runtime.runSandbox(sandboxConfig(false)).id();
  }

  private SandboxConfig sandboxConfig(boolean sharePid) {
    return new SandboxConfig(
        "uid",
        "default",
        "web",
        "web",
        "",
        "web",
        directory,
        false,
        false,
        false,
        sharePid,
        LOOPBACK_ONLY.dnsConfig(),
        List.of("10.0.0.1\tother"),
        Map.of(),
        List.of(),
        ContainerResources.NONE);
  }

  @AfterEach
  void stop() throws Exception {
    if (runtime != null) {
      runtime.close();
      assertThat(MountTable.below(directory)).isEmpty();
      assertThat(directory.resolve("run")).doesNotExist();
    }
  }

  private Path newLog() {
    return directory.resolve("logs").resolve("log" + logs++);
  }

  private ContainerConfig config(Path log, List<Mount> mounts, String... command) {
    return config(log, mounts, SecurityOptions.DEFAULT, false, command);
  }

  private static ContainerConfig config(
      Path log, List<Mount> mounts, SecurityOptions security, boolean tty, String... command) {
    return new ContainerConfig(
        "main",
        0,
        "busybox",
        List.of(command),
        List.of("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOSTNAME=web"),
        "",
        mounts,
        security,
        null,
        "",
        log,
        false,
        false,
        tty,
        ContainerResources.NONE,
        "",
        "");
  }

  private String run(String script, Mount... mounts) throws Exception {
    return run(config(newLog(), List.of(mounts), "sh", "-c", script));
  }

  private String run(ContainerConfig config) throws Exception {
    String id = runtime.createContainer(sandbox, config);
    runtime.startContainer(id);
    ContainerStatus exit = exits.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(exit).isNotNull();
    return log(config.log()) + "exit=" + exit.exitCode();
  }

  private static String log(Path log) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LogReader.copy(log, LogReader.Options.ALL, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private String create(String script) {
    return runtime.createContainer(sandbox, config(newLog(), List.of(), "sh", "-c", script));
  }

  private String start(String... command) {
    String id = runtime.createContainer(sandbox, config(newLog(), List.of(), command));
    runtime.startContainer(id);
    return id;
  }

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
  void start_files_areThePods() throws Exception {
    assertThat(run("hostname; cat /etc/hostname /etc/hosts /etc/resolv.conf"))
        .contains("web\nweb\n", "10.244.0.7\tweb", "10.0.0.1\tother", "nameserver 10.96.0.10");
  }

  @Test
  void start_root_isWrittenByTheContainerAlone() throws Exception {
    Path machines = Files.createTempFile(Path.of("/var/tmp"), "coracle-test", "");
    try {
      String file = machines.toString();
      String id = create("rm %1$s && mkdir %1$s && echo new > %1$s/file".formatted(file));
      runtime.startContainer(id);
      assertThat(exits.poll(Patience.SECONDS, TimeUnit.SECONDS))
          .extracting(ContainerStatus::exitCode)
          .isEqualTo(0);

      assertThat(machines).isRegularFile();
      assertThat(runtime.writableLayer(id)).isNotNull();
      assertThat(runtime.writableLayer(id).resolve(file.substring(1)).resolve("file"))
          .hasContent("new\n");
      assertThat(run("test -f " + file)).isEqualTo("exit=0");
      runtime.removeContainer(id);
      assertThat(runtime.writableLayer(id)).isNull();
      assertThat(directory.resolve("run").resolve(sandbox).resolve("containers").resolve(id))
          .doesNotExist();
    } finally {
      Files.delete(machines);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/dev", "/dev/shm", "/tmp", "/volume"})
  void start_devicesThatItMakes_openNothing(String where) throws Exception {
    Path volume = Files.createDirectories(directory.resolve("data/volume"));
    assertThat(
            run(
                "mknod %1$s/own c 1 5 && ls %1$s/own && head -c 1 %1$s/own".formatted(where),
                new Mount(volume, "/volume", false, "None")))
        .contains(where + "/own\n", "Permission denied", "exit=1");
  }

  @Test
  void start_devicesOfEveryContainer_areOpen() throws Exception {
    assertThat(
            run(
                "for d in zero full random urandom; do head -c 1 /dev/$d | wc -c; done;"
                    + " echo gone > /dev/null && ls -l /dev/tty /dev/null | cut -c1-10"))
        .isEqualTo("1\n1\n1\n1\ncrw-rw-rw-\ncrw-rw-rw-\nexit=0");
  }

  @Test
  void start_rootOnAFileSystemWithoutLayers_isWrittenInMemory() throws Exception {
    Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
    String options = "lowerdir=%1$s/l,upperdir=%1$s/u,workdir=%1$s/w".formatted(elsewhere);
    for (String layer : List.of("l", "u", "w", "on")) {
      Files.createDirectories(elsewhere.resolve(layer));
    }
    Linux.mount("overlay", elsewhere.resolve("on").toString(), "overlay", 0, options);
    try (ProcessRuntime other =
        new ProcessRuntime(
            elsewhere.resolve("on/run"), LOOPBACK_ONLY, InstantSource.system(), List.of())) {
      other.onExit(exits::add);
      String own = other.runSandbox(sandboxConfig(false)).id();
      for (int i = 0; i < 2; i++) {
        Path log = newLog();
        String id =
            other.createContainer(
                own, config(log, List.of(), "sh", "-c", "touch /usr/x && ls /usr/x"));
        other.startContainer(id);
        assertThat(exits.poll(Patience.SECONDS, TimeUnit.SECONDS)).isNotNull();
        assertThat(log(log)).isEqualTo("/usr/x\n");
        assertThat(other.writableLayer(id).resolve("usr/x")).doesNotExist();
      }
    } finally {
      Linux.detach(elsewhere.resolve("on").toString());
    }
  }

  @Test
  void start_readOnlyRoot_isReadOnlyAndTmpToo() throws Exception {
    SecurityOptions readOnly =
        new SecurityOptions(0, 0, List.of(), false, false, true, List.of(), List.of());
    assertThat(
            run(
                config(
                    newLog(),
                    List.of(),
                    readOnly,
                    false,
                    "sh",
                    "-c",
                    "touch /usr/x; touch /tmp/x; echo > /dev/null && echo fine")))
        .contains("'/usr/x': Read-only file system", "'/tmp/x': Read-only file system", "fine\n");
  }

  @Test
  void start_tmp_isItsOwn() throws Exception {
    assertThat(run("touch /tmp/mine && ls /tmp")).isEqualTo("mine\nexit=0");
    assertThat(run("ls -A /tmp")).isEqualTo("exit=0");
  }

  @Test
  void start_workingDirectoryThatIsNotThere_isMade() throws Exception {
    ContainerConfig config = config(newLog(), List.of(), "pwd");
    String id =
        runtime.createContainer(
            sandbox,
            new ContainerConfig(
                config.name(),
                0,
                config.image(),
                config.command(),
                config.environment(),
                "/srv/app/data",
                config.mounts(),
                config.security(),
                null,
                "",
                config.log(),
                false,
                false,
                false,
                ContainerResources.NONE,
                "",
                ""));
    runtime.startContainer(id);
    assertThat(exits.poll(Patience.SECONDS, TimeUnit.SECONDS)).isNotNull();
    assertThat(log(config.log())).isEqualTo("/srv/app/data\n");
  }

  @Test
  void start_mounts_areWhereThePodSays() throws Exception {
    Path volume = Files.createDirectories(directory.resolve("volume"));
    Files.writeString(volume.resolve("a"), "content");
    String out =
        run(
            "cat /var/run/secrets/x/a /new/place/a /etc/hostname; echo w > /new/place/b; echo w >"
                + " /var/run/secrets/x/c",
            new Mount(volume, "/var/run/secrets/x", true, "None"),
            new Mount(volume, "/new/place", false, "None"),
            new Mount(volume.resolve("a"), "/opt/only/a", true, "None"));
    assertThat(out).contains("contentcontentweb", "Read-only file system");
    assertThat(volume.resolve("b")).hasContent("w");
    assertThat(volume.resolve("c")).doesNotExist();
    assertThat(Path.of("/new")).doesNotExist();
  }

  @Test
  void start_mountOnFilesOfThePod_takesTheirPlace() throws Exception {
    Path volume = Files.createDirectories(directory.resolve("volume"));
    Path file = Files.writeString(volume.resolve("mine"), "my own\n");

    assertThat(
            run(
                "cat /etc/resolv.conf /etc/hosts; echo x > /etc/resolv.conf; cat /etc/hostname",
                new Mount(file, "/etc/resolv.conf", true, "None"),
                new Mount(file, "/etc/../etc/hosts", false, "None")))
        .contains("my own\nmy own\n", "Read-only file system", "web\n");
    assertThat(Path.of("/etc/resolv.conf")).content().doesNotContain("my own");
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
