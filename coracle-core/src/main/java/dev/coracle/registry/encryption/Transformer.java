package dev.coracle.registry.encryption;

import dev.coracle.api.StatusException;

/** Turns values into what is stored and back. Thread-safe. */
interface Transformer {

  /**
   * What was stored, in clear.
   *
   * @param stale whether it would be stored differently now: with another key or provider
   */
  record Plain(byte[] bytes, boolean stale) {}

  /** A stored value cannot be read. */
  final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String why) {
      super(why, null, false, false);
    }
  }

  /**
   * Makes ready for {@link #toStorage}, which must not fail. It may block.
   *
   * @throws StatusException 500 when nothing can be stored now
   */
  default void prepare() {}

  /**
   * @param context what the value belongs to: its key, which it cannot leave where the cipher binds
   *     it
   */
  byte[] toStorage(byte[] plain, byte[] context);

  /**
   * @param stored a whole stored value
   * @param offset where this transformer's part begins
   * @throws Unreadable saying why, without any content
   */
  Plain fromStorage(byte[] stored, int offset, byte[] context) throws Unreadable;
}
