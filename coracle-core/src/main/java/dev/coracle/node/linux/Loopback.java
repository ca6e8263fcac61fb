package dev.coracle.node.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The steps that bring the loopback interface of a new network namespace up (netdevice(7)). */
public final class Loopback {

  private static final short UP_RUNNING = 0x41;

  private Loopback() {}

  public static void bringUp(Program program) {
    MemorySegment request = program.memory(40);
    request.setString(0, "lo");
    request.set(ValueLayout.JAVA_SHORT, 16, UP_RUNNING);
    Program.Slot socket = program.slot(-1);
    program
        .callInto(
            socket,
            "socket",
            SystemCall.SOCKET,
            Constants.AF_INET,
            Constants.SOCK_DGRAM | Constants.O_CLOEXEC,
            0)
        .call("bring lo up", SystemCall.IOCTL, socket, Constants.SIOCSIFFLAGS, request.address())
        .call("close", SystemCall.CLOSE, socket);
  }
}
