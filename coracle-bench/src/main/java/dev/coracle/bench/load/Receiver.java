package dev.coracle.bench.load;

import io.netty.buffer.ByteBuf;

/** What comes back on one stream; called on the event loop. */
public interface Receiver {

  /** A piece of the body, valid during the call only. */
  default void data(ByteBuf data) {}

  /**
   * @param status 0 when the stream or its connection broke
   */
  void end(int status);
}
