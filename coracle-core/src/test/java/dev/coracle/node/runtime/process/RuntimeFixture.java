package dev.coracle.node.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.Patience;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.MountTable;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.LogReader;
import dev.coracle.node.runtime.Mount;
import dev.coracle.node.runtime.PodNetwork;
import dev.coracle.node.runtime.PortMapping;
import dev.coracle.node.runtime.SandboxConfig;
import dev.coracle.node.runtime.SecurityOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A runtime with one sandbox; leaves nothing behind. */
abstract class RuntimeFixture {

  static final PodNetwork LOOPBACK_ONLY =
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

  @TempDir Path directory;
  final LinkedBlockingQueue<ContainerStatus> exits = new LinkedBlockingQueue<>();
  ProcessRuntime runtime;
  String sandbox = "";
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

  SandboxConfig sandboxConfig(boolean sharePid) {
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

  Path newLog() {
    return directory.resolve("logs").resolve("log" + logs++);
  }

  ContainerConfig config(Path log, List<Mount> mounts, String... command) {
    return config(log, mounts, SecurityOptions.DEFAULT, false, command);
  }

  static ContainerConfig config(
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

  String run(String script, Mount... mounts) throws Exception {
    return run(config(newLog(), List.of(mounts), "sh", "-c", script));
  }

  String run(ContainerConfig config) throws Exception {
    String id = runtime.createContainer(sandbox, config);
    runtime.startContainer(id);
    ContainerStatus exit = exits.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(exit).isNotNull();
    return log(config.log()) + "exit=" + exit.exitCode();
  }

  static String log(Path log) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LogReader.copy(log, LogReader.Options.ALL, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  String create(String script) {
    return runtime.createContainer(sandbox, config(newLog(), List.of(), "sh", "-c", script));
  }

  String start(String... command) {
    String id = runtime.createContainer(sandbox, config(newLog(), List.of(), command));
    runtime.startContainer(id);
    return id;
  }
}
