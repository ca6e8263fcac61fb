package dev.coracle.store;

import java.nio.file.Path;

/** Another store has the directory open. */
public final class StoreLockedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long holder;

  public StoreLockedException(Path directory, long holder) {
    super(
        directory
            + " is in use by "
            + (holder == 0
                ? "another process"
                : holder == ProcessHandle.current().pid()
                    ? "this process (" + holder + ")"
                    : "process " + holder));
    this.holder = holder;
  }

  /** The process that holds it; 0 when it left no readable note. */
  public long holder() {
    return holder;
  }
}
