package dev.coracle.store;

/** The revision asked for is older than the history that is kept. */
public final class CompactedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long compactedRevision;

  public CompactedException(long asked, long compactedRevision) {
    super("revision " + asked + " is compacted; history starts after " + compactedRevision);
    this.compactedRevision = compactedRevision;
  }

  public long compactedRevision() {
    return compactedRevision;
  }
}
