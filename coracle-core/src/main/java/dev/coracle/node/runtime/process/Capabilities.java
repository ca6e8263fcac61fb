package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.SecurityOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;

/** The steps by which a program becomes the user that a container runs as. */
final class Capabilities {

  /** Linux' capabilities by number. */
  private static final List<String> NAMES =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "DAC_READ_SEARCH",
          "FOWNER",
          "FSETID",
          "KILL",
          "SETGID",
          "SETUID",
          "SETPCAP",
          "LINUX_IMMUTABLE",
          "NET_BIND_SERVICE",
          "NET_BROADCAST",
          "NET_ADMIN",
          "NET_RAW",
          "IPC_LOCK",
          "IPC_OWNER",
          "SYS_MODULE",
          "SYS_RAWIO",
          "SYS_CHROOT",
          "SYS_PTRACE",
          "SYS_PACCT",
          "SYS_ADMIN",
          "SYS_BOOT",
          "SYS_NICE",
          "SYS_RESOURCE",
          "SYS_TIME",
          "SYS_TTY_CONFIG",
          "MKNOD",
          "LEASE",
          "AUDIT_WRITE",
          "AUDIT_CONTROL",
          "SETFCAP",
          "MAC_OVERRIDE",
          "MAC_ADMIN",
          "SYSLOG",
          "WAKE_ALARM",
          "BLOCK_SUSPEND",
          "AUDIT_READ",
          "PERFMON",
          "BPF",
          "CHECKPOINT_RESTORE");

  /** What container runtimes give by default. */
  private static final List<String> DEFAULT =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "FSETID",
          "FOWNER",
          "MKNOD",
          "NET_RAW",
          "SETGID",
          "SETUID",
          "SETFCAP",
          "SETPCAP",
          "NET_BIND_SERVICE",
          "SYS_CHROOT",
          "KILL",
          "AUDIT_WRITE");

  private static final long VERSION_3 = 0x20080522;

  private Capabilities() {}

  /** The set as a mask of bits. */
  static long mask(SecurityOptions security) {
    long all = (1L << NAMES.size()) - 1;
    if (security.privileged()) {
      return all;
    }
    long mask = 0;
    if (!contains(security.droppedCapabilities(), "ALL")) {
      for (String name : DEFAULT) {
        mask |= bit(name);
      }
    }
    for (String name : security.droppedCapabilities()) {
      mask &= ~bit(plain(name));
    }
    for (String name : security.addedCapabilities()) {
      mask |= plain(name).equals("ALL") ? all : bit(plain(name));
    }
    return mask;
  }

  private static boolean contains(List<String> names, String wanted) {
    return names.stream().anyMatch(name -> plain(name).equals(wanted));
  }

  private static String plain(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.startsWith("CAP_") ? upper.substring(4) : upper;
  }

  private static long bit(String name) {
    int number = NAMES.indexOf(name);
    return number < 0 ? 0 : 1L << number;
  }

  static void become(Program program, SecurityOptions security) {
    long mask = mask(security);
    if (!security.privileged()) {
      for (int i = 0; i < NAMES.size(); i++) {
        if ((mask & (1L << i)) == 0) {
          program.callUnless(
              new int[] {Constants.EINVAL},
              "drop capability",
              SystemCall.PRCTL,
              Constants.PR_CAPBSET_DROP,
              i,
              0,
              0,
              0);
        }
      }
    }
    MemorySegment groups = program.memory(4L * Math.max(1, security.groups().size()));
    for (int i = 0; i < security.groups().size(); i++) {
      groups.setAtIndex(ValueLayout.JAVA_INT, i, security.groups().get(i).intValue());
    }
    long user = security.user();
    long group = security.group();
    program
        .call("set groups", SystemCall.SETGROUPS, security.groups().size(), groups.address())
        .call("set group " + group, SystemCall.SETRESGID, group, group, group)
        .call("set user " + user, SystemCall.SETRESUID, user, user, user);
    if (user == 0 && !security.privileged()) {
      MemorySegment header = program.memory(8);
      header.set(ValueLayout.JAVA_INT, 0, (int) VERSION_3);
      MemorySegment data = program.memory(24);
      data.set(ValueLayout.JAVA_INT, 0, (int) mask);
      data.set(ValueLayout.JAVA_INT, 4, (int) mask);
      data.set(ValueLayout.JAVA_INT, 12, (int) (mask >>> 32));
      data.set(ValueLayout.JAVA_INT, 16, (int) (mask >>> 32));
      program.call("set capabilities", SystemCall.CAPSET, header.address(), data.address());
    }
    if (security.noNewPrivileges()) {
      program.call("set no_new_privs", SystemCall.PRCTL, Constants.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }
  }
}
