package dev.coracle;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * How long tests wait for what must come, all of them: so long that only what never comes is
 * missed, on a machine of any speed. Whoever waits with Awaitility says nothing; whoever waits
 * otherwise (a latch, a queue, a socket, a program) takes it from here. No bound of behaviour: how
 * fast something is, no test says.
 */
public final class Patience implements LauncherSessionListener {
  public static final Duration LIMIT = Duration.ofMinutes(2);

  /** {@link #LIMIT} for those who count in seconds. */
  public static final long SECONDS = LIMIT.toSeconds();

  /** {@link #LIMIT} for sockets. */
  public static final int MILLIS = (int) LIMIT.toMillis();

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    Awaitility.setDefaultTimeout(LIMIT);
  }
}
