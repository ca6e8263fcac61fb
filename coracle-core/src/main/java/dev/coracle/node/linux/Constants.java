package dev.coracle.node.linux;

import java.util.List;

/** Linux' own names for the numbers that its system calls take. */
public final class Constants {

  public static final int AT_FDCWD = -100;
  public static final int AT_EMPTY_PATH = 0x1000;
  public static final int AT_REMOVEDIR = 0x200;
  public static final int AT_RECURSIVE = 0x8000;

  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_NOCTTY = 0x100;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_PATH = 0x200000;

  public static final int F_GETFL = 3;
  public static final int F_SETFL = 4;

  public static final int CLONE_FS = 0x200;
  public static final int CLONE_NEWNS = 0x20000;
  public static final int CLONE_NEWUTS = 0x4000000;
  public static final int CLONE_NEWIPC = 0x8000000;
  public static final int CLONE_NEWPID = 0x20000000;
  public static final int CLONE_NEWNET = 0x40000000;

  public static final int MS_RDONLY = 1;
  public static final int MS_NOSUID = 2;
  public static final int MS_NODEV = 4;
  public static final int MS_NOEXEC = 8;
  public static final int MS_REMOUNT = 0x20;
  public static final int MS_BIND = 0x1000;
  public static final int MS_REC = 0x4000;
  public static final int MS_PRIVATE = 0x40000;
  public static final int MS_SLAVE = 0x80000;
  public static final int MNT_DETACH = 2;

  public static final int OPEN_TREE_CLONE = 1;
  public static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
  public static final int MOVE_MOUNT_T_SYMLINKS = 0x10;
  public static final int MOUNT_ATTR_RDONLY = 1;

  public static final int FSCONFIG_SET_FD = 5;
  public static final int FSCONFIG_CMD_CREATE = 6;
  public static final int POLLOUT = 4;

  public static final int S_IFREG = 0x8000;
  public static final int S_IFCHR = 0x2000;
  public static final int S_IFIFO = 0x1000;

  public static final int X_OK = 1;

  public static final int PR_CAPBSET_DROP = 24;
  public static final int PR_SET_NO_NEW_PRIVS = 38;

  public static final int POSIX_SPAWN_SETSIGDEF = 4;
  public static final int POSIX_SPAWN_SETSIGMASK = 8;
  public static final int POSIX_SPAWN_SETSID = 0x80;

  public static final int EPOLL_CTL_ADD = 1;
  public static final int EPOLL_CTL_DEL = 2;
  public static final int EPOLLIN = 1;
  public static final int EPOLLHUP = 0x10;
  public static final int EPOLLERR = 8;

  public static final int P_PIDFD = 3;
  public static final int WNOHANG = 1;
  public static final int WEXITED = 4;
  public static final int CLD_EXITED = 1;

  public static final int TIOCGPTN = 0x80045430;
  public static final int TIOCSPTLCK = 0x40045431;
  public static final int TIOCGPTPEER = 0x5441;
  public static final int TIOCSWINSZ = 0x5414;
  public static final int SIOCGIFFLAGS = 0x8913;
  public static final int SIOCSIFFLAGS = 0x8914;

  public static final int AF_INET = 2;
  public static final int SOCK_DGRAM = 2;

  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int ENOEXEC = 8;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int EROFS = 30;
  public static final int ENOSYS = 38;

  public static final int SIGKILL = 9;
  public static final int SIGTERM = 15;

  private Constants() {}

  private static final List<String> SIGNALS =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  /** The number of a signal such as {@code SIGUSR1} or {@code SIGRTMIN+3} (signal(7)). */
  public static int signal(String name, int otherwise) {
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
