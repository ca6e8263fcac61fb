package dev.coracle.apiserver.filter;

import dev.coracle.apiserver.audit.AuditEvent;
import dev.coracle.apiserver.flowcontrol.FlowTable;
import org.jspecify.annotations.Nullable;

/** What watches over one request: its metrics and, when it is recorded, its audit event. */
public final class Observation {

  private final long began = System.nanoTime();
  private RequestMetrics.Cells cells;
  private boolean longRunning;
  private boolean running;
  private @Nullable AuditEvent event;
  private @Nullable String panic;
  private FlowTable.@Nullable Flow flow;

  Observation(RequestMetrics.Cells unknown) {
    this.cells = unknown;
  }

  /** What is asked for is known. */
  void known(RequestMetrics.Cells asked, boolean takesLong) {
    cells = asked;
    longRunning = takesLong;
  }

  void audit(@Nullable AuditEvent recorded) {
    event = recorded;
  }

  public @Nullable AuditEvent event() {
    return event;
  }

  /** It belongs to a FlowSchema. */
  void classified(FlowTable.@Nullable Flow found) {
    flow = found;
  }

  /** What it belongs to; null when nobody asked, or nothing matches. */
  public FlowTable.@Nullable Flow flow() {
    return flow;
  }

  void panicked(Throwable cause) {
    panic = cause.getClass().getSimpleName();
  }

  /** The head of an answer goes out; only the first call counts. */
  public void started(int code) {
    if (longRunning && !running) {
      running = true;
      cells.entered();
    }
    AuditEvent recorded = event;
    if (recorded != null) {
      recorded.responseStarted(code, longRunning);
    }
  }

  /**
   * It is over.
   *
   * @param bytes of the answer's body; -1 when nobody counted
   */
  public void done(int code, long bytes) {
    if (running) {
      cells.left();
    }
    cells.answered(code, System.nanoTime() - began, bytes, longRunning);
    AuditEvent recorded = event;
    if (recorded == null) {
      return;
    }
    if (panic != null) {
      recorded.panicked(panic);
    } else {
      recorded.complete(longRunning);
    }
  }
}
