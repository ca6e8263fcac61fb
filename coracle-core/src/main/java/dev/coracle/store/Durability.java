package dev.coracle.store;

/** What a store promises about writes that it has acknowledged. */
public enum Durability {
  /** They are on disk and outlive the process and the machine's power. */
  FSYNC,

  /**
   * They live as long as the process: nothing is read from or written to disk, and each start
   * begins with an empty store. For tests and throw-away clusters.
   */
  MEMORY
}
