package dev.coracle.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A part of a file on its way to a client. */
final class FileBody {

  private final SeekableByteChannel source;
  private long left;

  FileBody(Path file, long from, long length) throws IOException {
    source = Files.newByteChannel(file);
    source.position(from);
    left = length;
  }

  /**
   * Appends the next piece.
   *
   * @return false when that was the last one; it is closed then
   * @throws IOException also when the file became shorter than it was
   */
  boolean next(Bytes out) throws IOException {
    if (left > 0) {
      ByteBuffer space = out.space(Connection.PIECE_BYTES / 2);
      space.limit(space.position() + (int) Math.min(space.remaining(), left));
      int count = source.read(space);
      if (count <= 0) {
        throw new IOException("the file became shorter");
      }
      out.to += count;
      left -= count;
    }
    if (left == 0) {
      close();
    }
    return left > 0;
  }

  void close() {
    try {
      source.close();
    } catch (IOException e) {
      // Nothing was written to it.
      left = 0;
    }
  }
}
