package dev.coracle.apiserver.door;

import dev.coracle.apiserver.encoding.ListOutput;
import dev.coracle.http.BodyStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes an answer piece by piece. A short one is handed on whole when it ends; as soon as it turns
 * out to be long, it is streamed.
 */
final class GatheredAnswer implements ListOutput.Output {

  /** Where it goes. */
  interface Door {
    /** A short answer. */
    void send(byte[] body) throws IOException;

    /** Begins a long one. */
    BodyStream stream() throws IOException;

    /** What the pieces of a long one pass on their way. */
    OutputStream through(ChunkedOutput chunks) throws IOException;
  }

  private final Door door;
  private final int chunk;
  private byte[] gathered;
  private int used;
  private long length;
  private @Nullable BodyStream body;
  private @Nullable OutputStream stream;

  /**
   * @param chunk answers of more bytes are streamed in chunks of so many
   */
  GatheredAnswer(Door door, int chunk) {
    this.door = door;
    this.chunk = chunk;
    this.gathered = new byte[Math.min(chunk, 16 * 1024)];
  }

  /**
   * Sends a list, to its end.
   *
   * @return the number of bytes before compression
   */
  long send(ListOutput list) throws IOException {
    try {
      list.writeTo(this);
      OutputStream open = stream;
      if (open == null) {
        door.send(Arrays.copyOf(gathered, used));
      } else {
        open.close();
      }
      return length;
    } finally {
      BodyStream open = body;
      if (open != null) {
        open.close();
      }
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    length += count;
    OutputStream open = stream;
    if (open == null) {
      if (used + count <= chunk) {
        gather(bytes, offset, count);
        return;
      }
      BodyStream opened = door.stream();
      body = opened;
      open = door.through(new ChunkedOutput(opened, chunk));
      stream = open;
      open.write(gathered, 0, used);
      gathered = new byte[0];
    }
    open.write(bytes, offset, count);
  }

  private void gather(byte[] bytes, int offset, int count) {
    if (gathered.length - used < count) {
      gathered =
          Arrays.copyOf(gathered, Math.min(chunk, Math.max(2 * gathered.length, used + count)));
    }
    System.arraycopy(bytes, offset, gathered, used, count);
    used += count;
  }
}
