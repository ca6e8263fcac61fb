package dev.coracle.store;

/** The revision asked for has not happened yet. */
public final class FutureRevisionException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long currentRevision;

  public FutureRevisionException(long asked, long currentRevision) {
    super("revision " + asked + " is in the future; the newest is " + currentRevision);
    this.currentRevision = currentRevision;
  }

  public long currentRevision() {
    return currentRevision;
  }
}
