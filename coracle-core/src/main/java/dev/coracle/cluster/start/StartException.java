package dev.coracle.cluster.start;

/** Why a cluster could not start: one sentence that says what to do next. */
public final class StartException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The reasons that have an exit code of their own. */
  public enum Kind {
    FAILED(1),
    PORT_TAKEN(3),
    DIRECTORY_NOT_WRITABLE(4),
    DIRECTORY_HELD(5),
    NOT_SUPPORTED(7);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }

    /** Of the {@code coracle} command. */
    public int exitCode() {
      return exitCode;
    }
  }

  private final Kind kind;

  public StartException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public StartException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
