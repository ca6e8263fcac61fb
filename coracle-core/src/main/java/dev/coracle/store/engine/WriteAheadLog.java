package dev.coracle.store.engine;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of SQLite's write-ahead log, brought to disk so that a commit writes its own bytes and
 * nothing else.
 *
 * <p>SQLite as the driver has it calls {@code fsync}, which also writes when the file was last
 * changed: a commit of the file system's journal each time. {@code fdatasync} writes that only when
 * the file has grown, so it grows ahead of the log, in steps. SQLite reads a log up to the first
 * frame that is none, which zeros are.
 */
final class WriteAheadLog implements Closeable {

  static final int STEP = 1 << 20;
  private static final int PIECE = 64 << 10;

  private static final Logger LOGGER = LoggerFactory.getLogger(WriteAheadLog.class);

  private final Path file;
  private @Nullable FileChannel channel;

  /** Where the file ended when it was last looked at: beyond it, SQLite has made it grow. */
  private long end;

  WriteAheadLog(Path file) {
    this.file = file;
  }

  /**
   * Returns when all that SQLite has written is on disk. There must be a log, as after a first
   * commit.
   *
   * @throws IOException when nobody knows what is on disk
   */
  void sync() throws IOException {
    FileChannel open = channel;
    if (open == null) {
      open = FileChannel.open(file, StandardOpenOption.WRITE);
      channel = open;
    }
    long size = open.size();
    end = size > end ? size + grow(open, size) : size;
    open.force(false);
  }

  /** By how much; what there is no room for was not asked for either. */
  private static int grow(FileChannel file, long from) {
    int grown = 0;
    try {
      while (grown < STEP) {
        grown += file.write(ByteBuffer.allocate(PIECE), from + grown);
      }
    } catch (IOException e) {
      LOGGER.debug("growing the log: {}", e.toString());
    }
    return grown;
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
