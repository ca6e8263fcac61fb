package dev.coracle.node.runtime.process;

import java.util.List;

/** Linux' own names for the numbers that its system calls take. */
final class Constants {

  static final int AT_FDCWD = -100;
  static final int AT_EMPTY_PATH = 0x1000;
  static final int AT_REMOVEDIR = 0x200;
  static final int AT_RECURSIVE = 0x8000;

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0x40;
  static final int O_NOCTTY = 0x100;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;
  static final int O_PATH = 0x200000;

  static final int F_GETFL = 3;
  static final int F_SETFL = 4;

  static final int CLONE_FS = 0x200;
  static final int CLONE_NEWNS = 0x20000;
  static final int CLONE_NEWUTS = 0x4000000;
  static final int CLONE_NEWIPC = 0x8000000;
  static final int CLONE_NEWPID = 0x20000000;
  static final int CLONE_NEWNET = 0x40000000;

  static final int MS_RDONLY = 1;
  static final int MS_NOSUID = 2;
  static final int MS_NODEV = 4;
  static final int MS_NOEXEC = 8;
  static final int MS_REMOUNT = 0x20;
  static final int MS_BIND = 0x1000;
  static final int MS_REC = 0x4000;
  static final int MS_PRIVATE = 0x40000;
  static final int MS_SLAVE = 0x80000;
  static final int MNT_DETACH = 2;

  static final int OPEN_TREE_CLONE = 1;
  static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
  static final int MOVE_MOUNT_T_SYMLINKS = 0x10;
  static final int MOUNT_ATTR_RDONLY = 1;

  static final int FSCONFIG_SET_FD = 5;
  static final int FSCONFIG_CMD_CREATE = 6;
  static final int POLLOUT = 4;

  static final int S_IFREG = 0x8000;
  static final int S_IFCHR = 0x2000;
  static final int S_IFIFO = 0x1000;

  static final int X_OK = 1;

  static final int PR_CAPBSET_DROP = 24;
  static final int PR_SET_NO_NEW_PRIVS = 38;

  static final int POSIX_SPAWN_SETSIGDEF = 4;
  static final int POSIX_SPAWN_SETSIGMASK = 8;
  static final int POSIX_SPAWN_SETSID = 0x80;

  static final int EPOLL_CTL_ADD = 1;
  static final int EPOLL_CTL_DEL = 2;
  static final int EPOLLIN = 1;
  static final int EPOLLHUP = 0x10;
  static final int EPOLLERR = 8;

  static final int P_PIDFD = 3;
  static final int WNOHANG = 1;
  static final int WEXITED = 4;
  static final int CLD_EXITED = 1;

  static final int TIOCGPTN = 0x80045430;
  static final int TIOCSPTLCK = 0x40045431;
  static final int TIOCGPTPEER = 0x5441;
  static final int TIOCSWINSZ = 0x5414;
  static final int SIOCGIFFLAGS = 0x8913;
  static final int SIOCSIFFLAGS = 0x8914;

  static final int AF_INET = 2;
  static final int SOCK_DGRAM = 2;

  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int ENXIO = 6;
  static final int ENOEXEC = 8;
  static final int EAGAIN = 11;
  static final int EACCES = 13;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int ENOTDIR = 20;
  static final int EISDIR = 21;
  static final int EINVAL = 22;
  static final int EROFS = 30;
  static final int ENOSYS = 38;

  static final int SIGKILL = 9;
  static final int SIGTERM = 15;

  private Constants() {}

  private static final List<String> SIGNALS =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  /** The number of a signal such as {@code SIGUSR1} or {@code SIGRTMIN+3} (signal(7)). */
  static int signal(String name, int otherwise) {
    int known = name.startsWith("SIG") ? SIGNALS.indexOf(name.substring(3)) + 1 : 0;
    if (known > 0) {
      return known;
    }
    if (name.startsWith("SIGRTMIN")) {
      return 34 + (name.length() > 9 ? Integer.parseInt(name.substring(9)) : 0);
    }
    if (name.startsWith("SIGRTMAX")) {
      return 64 - (name.length() > 9 ? Integer.parseInt(name.substring(9)) : 0);
    }
    return otherwise;
  }
}
