package dev.coracle.node.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.Patience;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.Mount;
import dev.coracle.node.runtime.SecurityOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that a container sees: its root, devices, mounts. */
class ContainerFilesTest extends RuntimeFixture {

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
}
