package dev.coracle.node.linux;

/** The system calls used here, with their numbers on the machines known here. */
public enum SystemCall {
  READ(0, 63),
  WRITE(1, 64),
  CLOSE(3, 57),
  KILL(62, 129),
  GETTID(186, 178),
  IOCTL(16, 29),
  SOCKET(41, 198),
  FCNTL(72, 25),
  CHDIR(80, 49),
  UMASK(95, 166),
  SETGROUPS(116, 159),
  SETRESUID(117, 147),
  SETRESGID(119, 149),
  CAPSET(126, 91),
  PIVOT_ROOT(155, 41),
  PRCTL(157, 167),
  MOUNT(165, 40),
  UMOUNT2(166, 39),
  SETHOSTNAME(170, 161),
  EPOLL_CTL(233, 21),
  WAITID(247, 95),
  OPENAT(257, 56),
  MKDIRAT(258, 34),
  MKNODAT(259, 33),
  UNLINKAT(263, 35),
  SYMLINKAT(266, 36),
  FACCESSAT(269, 48),
  PPOLL(271, 73),
  UNSHARE(272, 97),
  EPOLL_PWAIT(281, 22),
  EPOLL_CREATE1(291, 20),
  PIPE2(293, 59),
  SETNS(308, 268),
  PIDFD_SEND_SIGNAL(424, 424),
  OPEN_TREE(428, 428),
  MOVE_MOUNT(429, 429),
  FSOPEN(430, 430),
  FSCONFIG(431, 431),
  FSMOUNT(432, 432),
  PIDFD_OPEN(434, 434),
  MOUNT_SETATTR(442, 442);

  private static final String MACHINE = System.getProperty("os.arch", "");

  private final int amd64;
  private final int aarch64;

  SystemCall(int amd64, int aarch64) {
    this.amd64 = amd64;
    this.aarch64 = aarch64;
  }

  static boolean isKnownMachine() {
    return MACHINE.equals("amd64") || MACHINE.equals("aarch64");
  }

  int number() {
    return MACHINE.equals("aarch64") ? aarch64 : amd64;
  }
}
