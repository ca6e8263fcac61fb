package dev.coracle.http;

import io.netty.channel.ChannelHandlerContext;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that is late. Moving the deadline is one assignment: the timer looks at it
 * when it fires. Event loop only.
 */
final class Deadline {

  private static final long NONE = Long.MAX_VALUE;
  private static final long LOOK_AGAIN = TimeUnit.SECONDS.toNanos(30);

  private long at = NONE;
  private @Nullable Future<?> timer;
  private @Nullable ChannelHandlerContext context;

  void start(ChannelHandlerContext ctx, Duration first) {
    context = ctx;
    at = System.nanoTime() + first.toNanos();
    schedule(first.toNanos());
  }

  void in(Duration time) {
    at = System.nanoTime() + time.toNanos();
    ChannelHandlerContext ctx = context;
    if (ctx != null
        && time.toNanos() < LOOK_AGAIN
        && time.toNanos() < nextLook - System.nanoTime()) {
      stopTimer();
      schedule(time.toNanos());
    }
  }

  private long nextLook;

  void none() {
    at = NONE;
  }

  void stop() {
    at = NONE;
    context = null;
    stopTimer();
  }

  private void stopTimer() {
    Future<?> running = timer;
    if (running != null) {
      running.cancel(false);
      timer = null;
    }
  }

  private void schedule(long nanos) {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      long delay = Math.min(nanos, LOOK_AGAIN);
      nextLook = System.nanoTime() + delay;
      timer = ctx.executor().schedule(this::look, delay, TimeUnit.NANOSECONDS);
    }
  }

  private void look() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    long left = at == NONE ? LOOK_AGAIN : at - System.nanoTime();
    if (left <= 0) {
      ctx.close();
      return;
    }
    schedule(left);
  }
}
