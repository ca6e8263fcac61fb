package dev.coracle.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Actions that run once when something is over; those that come later run at once. */
final class CloseSignal {

  private @Nullable List<Runnable> actions;
  private boolean closed;
  private boolean dismissed;

  void add(Runnable action) {
    synchronized (this) {
      if (dismissed) {
        return;
      }
      if (!closed) {
        if (actions == null) {
          actions = new ArrayList<>(2);
        }
        actions.add(action);
        return;
      }
    }
    action.run();
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /**
   * @return false when it was closed before
   */
  boolean close() {
    List<Runnable> toRun;
    synchronized (this) {
      if (closed || dismissed) {
        return false;
      }
      closed = true;
      toRun = actions;
      actions = null;
    }
    if (toRun != null) {
      toRun.forEach(Runnable::run);
    }
    return true;
  }

  /** Forgets the actions: nothing will run any more. */
  synchronized void dismiss() {
    actions = null;
    dismissed = !closed;
  }
}
