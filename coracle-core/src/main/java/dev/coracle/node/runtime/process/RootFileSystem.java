package dev.coracle.node.runtime.process;

import static dev.coracle.node.linux.Constants.AT_FDCWD;
import static dev.coracle.node.linux.Constants.EEXIST;
import static dev.coracle.node.linux.Constants.ENOENT;
import static dev.coracle.node.linux.Constants.MS_BIND;
import static dev.coracle.node.linux.Constants.MS_NODEV;
import static dev.coracle.node.linux.Constants.MS_NOEXEC;
import static dev.coracle.node.linux.Constants.MS_NOSUID;
import static dev.coracle.node.linux.Constants.MS_PRIVATE;
import static dev.coracle.node.linux.Constants.MS_RDONLY;
import static dev.coracle.node.linux.Constants.MS_REC;
import static dev.coracle.node.linux.Constants.MS_REMOUNT;
import static dev.coracle.node.linux.Constants.MS_SLAVE;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.MountTable;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.ContainerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The steps that give a container its files: an overlay of the host's root with a layer of the
 * container's own, entered by pivot_root, then everything else mounted inside (so that symbolic
 * links mean what they mean in there). The layer takes the mount points and what the container
 * writes; a container whose root is to be read-only gets a small one in memory, and its root
 * read-only at last. Sources are opened as detached mounts before the root changes.
 */
final class RootFileSystem {

  /** Where the FIFOs of the gate are while the container starts. */
  static final String GATE = "/dev/.gate";

  private static final int[] EXISTS = {EEXIST};
  private static final int[] NO_LINK = {
    ENOENT, Constants.EISDIR, Constants.ENOTDIR, Constants.EBUSY
  };
  private static final List<String> NOT_FROM_HOST =
      List.of("/proc", "/sys", "/dev", "/tmp", "/run");

  /** What every container finds in /dev, as OCI's runtime specification lists it. */
  private static final List<String> DEVICES =
      List.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty");

  private final Program program;
  private final Path scratch;
  private final @Nullable Path layer;
  private final List<Path> hidden;

  /** 0 once the layer is on disk. */
  private final Program.Slot onDisk;

  /**
   * @param scratch an empty directory of the container's own
   * @param layer where what the container writes to its root is kept; null for memory
   * @param hidden directories of the host that no container may see
   */
  RootFileSystem(Program program, Path scratch, @Nullable Path layer, List<Path> hidden) {
    this.program = program;
    this.scratch = scratch;
    this.layer = layer;
    this.hidden = hidden;
    this.onDisk = program.slot(-1);
  }

  /** Whether, after the program, the file system of the layer's directory could hold it. */
  boolean isOnDisk() {
    return onDisk.get() == 0;
  }

  /** The host's mounts below its root that a container should see as well. */
  static List<String> hostMounts(List<Path> hidden) {
    List<String> found = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
        String at = MountTable.unescape(line.split(" ")[4]);
        boolean wanted =
            !at.equals("/")
                && NOT_FROM_HOST.stream().noneMatch(p -> at.equals(p) || at.startsWith(p + "/"))
                && hidden.stream().noneMatch(p -> Path.of(at).startsWith(p))
                && found.stream().noneMatch(p -> at.equals(p) || at.startsWith(p + "/"));
        if (wanted) {
          found.add(at);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return found;
  }

  /**
   * @param own whether it is of the cluster's own data, such as an emptyDir, and not of the host's
   */
  private record Source(
      Program.Slot tree,
      String target,
      boolean directory,
      boolean readOnly,
      String propagation,
      boolean fromHost,
      boolean own) {}

  void add(
      ContainerConfig config,
      Map<Path, String> podFiles,
      Path shm,
      Path gate,
      boolean hostPid,
      @Nullable Cgroup cgroup) {
    List<Source> sources = new ArrayList<>();
    for (String mount : hostMounts(hidden)) {
      sources.add(source(Path.of(mount), mount, true, "None", true));
    }
    List<String> mounted = config.mounts().stream().map(m -> clean(m.target())).toList();
    podFiles.forEach(
        (file, target) -> {
          // What is mounted there instead counts.
          if (!mounted.contains(target)) {
            sources.add(source(file, target, false, "None", false));
          }
        });
    Path message = config.terminationMessage();
    if (message != null) {
      sources.add(source(message, config.terminationMessagePath(), false, "None", false));
    }
    config.mounts().stream()
        .sorted(Comparator.comparingInt(mount -> Path.of(mount.target()).getNameCount()))
        .forEach(
            m -> sources.add(source(m.source(), m.target(), m.readOnly(), m.propagation(), false)));
    Program.Slot shmTree = tree(shm);
    Program.Slot gateTree = tree(gate);
    Map<String, Program.Slot> groups = new LinkedHashMap<>();
    if (cgroup != null) {
      cgroup.mounts().forEach((directory, target) -> groups.put(target, tree(directory)));
    }
    boolean privileged = config.security().privileged();
    Program.Slot hostDev = privileged ? tree(Path.of("/dev")) : null;
    Map<String, Program.Slot> devices = new LinkedHashMap<>();
    if (!privileged) {
      DEVICES.forEach(device -> devices.put(device, tree(Path.of(device))));
    }
    // Containers may make device nodes (CAP_MKNOD), and open only those that are bound for them.
    int noDevices = privileged ? 0 : MS_NODEV;
    overlay(noDevices);
    mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    program.callUnless(EXISTS, "mkdir /proc", SystemCall.MKDIRAT, AT_FDCWD, "/proc", 0555);
    if (hostPid) {
      mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
    }
    int sysFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    mount("sysfs", "/sys", "sysfs", sysFlags | (privileged ? 0 : MS_RDONLY), "");
    if (!groups.isEmpty()) {
      groups(groups, sysFlags | MS_RDONLY);
    }
    if (hostDev == null) {
      devices(devices);
    } else {
      move(hostDev, "/dev");
    }
    program.callUnless(EXISTS, "mkdir", SystemCall.MKDIRAT, AT_FDCWD, "/dev/shm", 01777);
    move(shmTree, "/dev/shm");
    if (!privileged) {
      flags("/dev/shm", MS_NOSUID | MS_NODEV);
    }
    program.callUnless(EXISTS, "mkdir gate", SystemCall.MKDIRAT, AT_FDCWD, GATE, 0700);
    move(gateTree, GATE);
    for (Path directory : hidden) {
      boolean seen = NOT_FROM_HOST.stream().noneMatch(p -> directory.startsWith(Path.of(p)));
      if (seen && Files.isDirectory(directory)) {
        mount("tmpfs", directory.toString(), "tmpfs", MS_RDONLY, "mode=0555,size=4k");
      }
    }
    for (Source source : sources) {
      place(source, noDevices);
    }
    if (config.workingDirectory().startsWith("/")) {
      makeParents(clean(config.workingDirectory()) + "/");
    }
    if (config.security().readOnlyRoot()) {
      readOnly("/");
      if (config.mounts().stream().noneMatch(m -> m.target().equals("/tmp"))) {
        readOnly("/tmp");
      }
    }
  }

  private Source source(
      Path source, String target, boolean readOnly, String propagation, boolean fromHost) {
    return new Source(
        tree(source),
        clean(target),
        Files.isDirectory(source),
        readOnly || fromHost,
        propagation,
        fromHost,
        hidden.stream().anyMatch(source::startsWith));
  }

  private static String clean(String target) {
    return Path.of(target).normalize().toString();
  }

  private Program.Slot tree(Path source) {
    Program.Slot slot = program.slot(-1);
    program.callInto(
        slot,
        "mount " + source,
        SystemCall.OPEN_TREE,
        AT_FDCWD,
        source.toString(),
        Constants.OPEN_TREE_CLONE | Constants.O_CLOEXEC | Constants.AT_RECURSIVE);
    program.atClose(() -> Linux.close((int) slot.get()));
    return slot;
  }

  private void overlay(int flags) {
    String root = scratch + "/root";
    mountAt("tmpfs", scratch.toString(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
    program.call("mkdir", SystemCall.MKDIRAT, AT_FDCWD, root, 0755);
    String inMemory = layers(scratch);
    if (layer == null) {
      mountAt("overlay", root, "overlay", flags, inMemory);
    } else {
      program.call("mkdir", SystemCall.MKDIRAT, AT_FDCWD, layer.toString(), 0700);
      String what = "mount " + root;
      // Volatile: nobody reads the layer after a crash, so nothing of it need be synced.
      String kept = layers(layer) + ",volatile";
      program
          .callInto(onDisk, what, SystemCall.MOUNT, "overlay", root, "overlay", flags, kept)
          .otherwise(what, SystemCall.MOUNT, "overlay", root, "overlay", flags, inMemory);
    }
    program
        .call("chdir", SystemCall.CHDIR, root)
        .call("pivot_root", SystemCall.PIVOT_ROOT, ".", ".")
        .call("umount the host's root", SystemCall.UMOUNT2, ".", Constants.MNT_DETACH)
        .call("chdir", SystemCall.CHDIR, "/");
  }

  /** The root of a container has the permissions of the upper directory. */
  private String layers(Path directory) {
    Path upper = upper(directory);
    Path work = directory.resolve("work");
    program
        .call("mkdir", SystemCall.MKDIRAT, AT_FDCWD, upper.toString(), 0755)
        .call("mkdir", SystemCall.MKDIRAT, AT_FDCWD, work.toString(), 0755);
    return "lowerdir=/,upperdir=" + escape(upper) + ",workdir=" + escape(work);
  }

  /** Where in a layer's directory the files are that a container wrote. */
  static Path upper(Path layer) {
    return layer.resolve("upper");
  }

  /** A path among the options of an overlay. */
  private static String escape(Path path) {
    return path.toString().replace("\\", "\\\\").replace(",", "\\,");
  }

  private void readOnly(String target) {
    flags(target, MS_RDONLY);
  }

  /** A container sees its own control groups where a host has its, and may not change them. */
  private void groups(Map<String, Program.Slot> groups, int flags) {
    boolean many = !groups.containsKey(Cgroup.ROOT);
    if (many) {
      mountAt("tmpfs", Cgroup.ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755");
    }
    groups.forEach(
        (target, tree) -> {
          if (many) {
            makeDirectory(target);
          }
          move(tree, target);
          flags(target, flags);
        });
    if (many) {
      flags(Cgroup.ROOT, flags);
    }
  }

  private void flags(String target, int flags) {
    program.call(
        "remount " + target, SystemCall.MOUNT, 0, target, 0, MS_REMOUNT | MS_BIND | flags, 0);
  }

  private void devices(Map<String, Program.Slot> trees) {
    mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=65536k");
    trees.forEach(
        (device, tree) -> {
          makeFile(device);
          move(tree, device);
        });
    for (String[] link :
        new String[][] {
          {"/proc/self/fd", "/dev/fd"},
          {"/proc/self/fd/0", "/dev/stdin"},
          {"/proc/self/fd/1", "/dev/stdout"},
          {"/proc/self/fd/2", "/dev/stderr"},
          {"pts/ptmx", "/dev/ptmx"}
        }) {
      program.call("symlink " + link[1], SystemCall.SYMLINKAT, link[0], AT_FDCWD, link[1]);
    }
    mount(
        "devpts",
        "/dev/pts",
        "devpts",
        MS_NOSUID | MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=0620,gid=5");
    mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  }

  private void makeFile(String path) {
    Program.Slot file = program.slot(-1);
    program.callInto(
        file,
        "create " + path,
        SystemCall.OPENAT,
        AT_FDCWD,
        path,
        Constants.O_CREAT | Constants.O_CLOEXEC,
        0644);
    program.atClose(() -> Linux.close((int) file.get()));
  }

  private void place(Source source, int noDevices) {
    makeParents(source.target);
    if (source.directory) {
      makeDirectory(source.target);
    } else {
      if (source.target.startsWith("/etc/")) {
        // A symbolic link here would lead to a file of the host's /run, which is not there.
        program.callUnless(NO_LINK, "unlink", SystemCall.UNLINKAT, AT_FDCWD, source.target, 0);
      }
      makeFile(source.target);
    }
    move(source.tree, source.target);
    int flags = (source.own ? noDevices : 0) | (source.readOnly ? MS_RDONLY : 0);
    if (flags != 0) {
      flags(source.target, flags);
    }
    int propagation = source.propagation.equals("None") ? MS_PRIVATE : MS_SLAVE;
    program.call(
        "propagation of " + source.target,
        SystemCall.MOUNT,
        0,
        source.target,
        0,
        propagation | MS_REC,
        0);
  }

  private void makeParents(String path) {
    int slash = path.indexOf('/', 1);
    while (slash > 0) {
      makeDirectory(path.substring(0, slash));
      slash = path.indexOf('/', slash + 1);
    }
  }

  private void makeDirectory(String path) {
    // On a read-only volume mkdir says so even where the directory exists; the mount will tell.
    program.callUnless(
        new int[] {EEXIST, Constants.EROFS},
        "mkdir " + path,
        SystemCall.MKDIRAT,
        AT_FDCWD,
        path,
        0755);
  }

  private void move(Program.Slot tree, String target) {
    program.call(
        "mount on " + target,
        SystemCall.MOVE_MOUNT,
        tree,
        "",
        AT_FDCWD,
        target,
        Constants.MOVE_MOUNT_F_EMPTY_PATH | Constants.MOVE_MOUNT_T_SYMLINKS);
  }

  private void mount(String source, String target, String type, int flags, String data) {
    makeParents(target);
    makeDirectory(target);
    mountAt(source, target, type, flags, data);
  }

  private void mountAt(String source, String target, String type, int flags, String data) {
    program.call("mount " + target, SystemCall.MOUNT, source, target, type, flags, data);
  }
}
