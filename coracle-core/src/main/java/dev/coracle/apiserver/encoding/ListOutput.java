package dev.coracle.apiserver.encoding;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** A list that is written piece by piece, so that a long one is nowhere as a whole. */
public interface ListOutput {

  /** Takes pieces in order. */
  interface Output {
    void write(byte[] bytes, int offset, int length) throws IOException;
  }

  /** The number of its items. */
  int count();

  /** Writes it from its beginning to its end; once. */
  void writeTo(Output output) throws IOException;

  /** The whole of a short one. */
  default byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      writeTo(out::write);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }
}
