package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.Loopback;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.SandboxConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Pod's sandbox: namespaces kept by files, the Pod's own files of /etc, its shared memory. */
final class ProcessSandbox {

  final String id;
  final SandboxConfig config;
  final Path directory;
  final boolean isolated;
  final boolean ownNetwork;
  List<String> ips = List.of();

  /** The first process of a shared PID namespace. */
  @Nullable HostProcess pause;

  /** What holds the groups of all its containers; null when they have bounds of their own only. */
  @Nullable Cgroup cgroup;

  ProcessSandbox(
      String id, SandboxConfig config, Path directory, boolean isolated, boolean ownNetwork) {
    this.id = id;
    this.config = config;
    this.directory = directory;
    this.isolated = isolated;
    this.ownNetwork = ownNetwork;
  }

  Path namespace(String kind) {
    return directory.resolve("ns").resolve(kind);
  }

  String networkKey() {
    return config.namespace() + "/" + config.name() + "/" + config.podUid();
  }

  Path shm() {
    return directory.resolve("shm");
  }

  /** Makes the namespaces and keeps them by binding them to files. */
  void makeNamespaces() throws IOException {
    Files.createDirectories(shm());
    if (!isolated) {
      return;
    }
    Files.createDirectories(directory.resolve("ns"));
    Linux.mount(
        "tmpfs",
        shm().toString(),
        "tmpfs",
        Constants.MS_NOSUID | Constants.MS_NODEV,
        "mode=1777,size=64m");
    int flags = 0;
    List<String> kinds = new ArrayList<>();
    if (ownNetwork) {
      flags |= Constants.CLONE_NEWNET;
      kinds.add("net");
    }
    if (!config.hostNetwork()) {
      flags |= Constants.CLONE_NEWUTS;
      kinds.add("uts");
    }
    if (!config.hostIpc()) {
      flags |= Constants.CLONE_NEWIPC;
      kinds.add("ipc");
    }
    if (kinds.isEmpty()) {
      return;
    }
    for (String kind : kinds) {
      Files.write(namespace(kind), new byte[0]);
    }
    try (Program program = new Program()) {
      program.call("unshare", SystemCall.UNSHARE, flags);
      if (kinds.contains("uts")) {
        program.call(
            "sethostname",
            SystemCall.SETHOSTNAME,
            config.fullHostname(),
            config.fullHostname().getBytes(StandardCharsets.UTF_8).length);
      }
      if (ownNetwork) {
        Loopback.bringUp(program);
      }
      config.sysctls().forEach((name, value) -> setKernelValue(program, name, value));
      for (String kind : kinds) {
        program.call(
            "keep namespace " + kind,
            SystemCall.MOUNT,
            "/proc/thread-self/ns/" + kind,
            namespace(kind).toString(),
            0,
            Constants.MS_BIND,
            0);
      }
      program.mustRun("coracle-sandbox");
    }
  }

  private static void setKernelValue(Program program, String name, String value) {
    String path = "/proc/sys/" + (name.contains("/") ? name : name.replace('.', '/'));
    Program.Slot descriptor = program.slot(-1);
    program
        .callInto(
            descriptor,
            "open " + path,
            SystemCall.OPENAT,
            Constants.AT_FDCWD,
            path,
            Constants.O_WRONLY | Constants.O_CLOEXEC,
            0)
        .call(
            "write " + path,
            SystemCall.WRITE,
            descriptor,
            value,
            value.getBytes(StandardCharsets.UTF_8).length);
    program.atClose(() -> Linux.close((int) descriptor.get()));
  }

  /** Steps that enter the Pod's namespaces. */
  void enter(Program program) {
    for (String kind : List.of("net", "uts", "ipc")) {
      Path file = namespace(kind);
      if (isolated && Files.exists(file)) {
        Program.Slot descriptor = program.slot(-1);
        program
            .callInto(
                descriptor,
                "open " + file,
                SystemCall.OPENAT,
                Constants.AT_FDCWD,
                file.toString(),
                Constants.O_RDONLY | Constants.O_CLOEXEC,
                0)
            .call("enter " + kind, SystemCall.SETNS, descriptor, 0);
        program.atClose(() -> Linux.close((int) descriptor.get()));
      }
    }
  }

  /** Writes the Pod's files of /etc; needs the addresses. */
  void writeFiles() throws IOException {
    Path etc = Files.createDirectories(directory.resolve("etc"));
    Files.writeString(etc.resolve("hostname"), hostname() + "\n");
    Files.writeString(etc.resolve("hosts"), hosts());
    String resolv = config.dns().resolvConf();
    if (!resolv.isEmpty() || ownNetwork) {
      Files.writeString(etc.resolve("resolv.conf"), resolv);
    } else {
      Files.write(etc.resolve("resolv.conf"), Files.readAllBytes(Path.of("/etc/resolv.conf")));
    }
  }

  private String hostname() throws IOException {
    return config.hostNetwork()
        ? Files.readString(Path.of("/proc/sys/kernel/hostname")).strip()
        : config.fullHostname();
  }

  private String hosts() throws IOException {
    StringBuilder text = new StringBuilder();
    if (config.hostNetwork()) {
      text.append(Files.readString(Path.of("/etc/hosts")));
    } else {
      text.append("# Kubernetes-managed hosts file.\n")
          .append("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
          .append("fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\n")
          .append("fe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
      for (String ip : ips.isEmpty() ? List.of("127.0.0.1") : ips) {
        text.append(ip).append('\t');
        if (!config.domain().isEmpty()) {
          text.append(config.hostname()).append('.').append(config.domain()).append('\t');
        }
        text.append(config.hostname()).append('\n');
      }
    }
    if (!config.hostAliases().isEmpty()) {
      text.append("\n# Entries added by HostAliases.\n");
      config.hostAliases().forEach(line -> text.append(line).append('\n'));
    }
    return text.toString();
  }

  Map<Path, String> files() {
    Map<Path, String> files = new LinkedHashMap<>();
    for (String name : List.of("hostname", "hosts", "resolv.conf")) {
      files.put(directory.resolve("etc").resolve(name), "/etc/" + name);
    }
    return files;
  }

  /** Notes a process, so that it can be found after a crash. */
  void note(HostProcess process) throws IOException {
    Files.writeString(
        directory.resolve("processes"),
        process.pid()
            + " "
            + HostProcess.startTime(process.pid())
            + " "
            + (isolated ? "-" : "group")
            + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** Notes a control group, so that it can be removed after a crash. */
  void note(Cgroup cgroup) throws IOException {
    Files.write(
        directory.resolve("cgroups"),
        cgroup.directories().stream().map(Path::toString).toList(),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
