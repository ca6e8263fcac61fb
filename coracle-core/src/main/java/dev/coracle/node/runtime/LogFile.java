package dev.coracle.node.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The writing side of a container's log, in the CRI's format: {@code TIME STREAM P|F TEXT} a line.
 * Rotated at 10 MB; one older file ({@code .1}) is kept beside it. Readers in this process wait on
 * it for more.
 */
public final class LogFile implements AutoCloseable {

  static final long MAX_BYTES = 10L << 20;
  private static final int MAX_LINE = 16 * 1024;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);
  private static final ConcurrentHashMap<Path, LogFile> OPEN = new ConcurrentHashMap<>();

  private final Path path;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition grown = lock.newCondition();
  private final ByteArrayOutputStream[] partial = {
    new ByteArrayOutputStream(0), new ByteArrayOutputStream(0)
  };
  private FileChannel channel;
  private long size;
  private int generation;
  private boolean closed;

  public LogFile(Path path, InstantSource clock) {
    this.path = path;
    this.clock = clock;
    try {
      Files.createDirectories(path.getParent());
      channel = open();
      size = channel.size();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    OPEN.put(path, this);
  }

  /** The log that is being written at a path, or null. */
  static @Nullable LogFile writing(Path path) {
    return OPEN.get(path);
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /**
   * Adds what a container wrote.
   *
   * @param stream stdout or stderr
   */
  public void append(String stream, byte[] data) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      ByteArrayOutputStream rest = partial[stream.equals("stdout") ? 0 : 1];
      ByteArrayOutputStream out = new ByteArrayOutputStream(data.length + 64);
      byte[] head = (TIME.format(now()) + " " + stream + " ").getBytes(StandardCharsets.US_ASCII);
      int start = 0;
      for (int i = 0; i < data.length; i++) {
        boolean end = data[i] == '\n';
        if (end || rest.size() + i - start >= MAX_LINE) {
          line(out, head, end, rest, data, start, end ? i : i + 1);
          start = i + 1;
        }
      }
      rest.write(data, start, data.length - start);
      write(out.toByteArray());
    } finally {
      lock.unlock();
    }
  }

  private Instant now() {
    return clock.instant();
  }

  private static void line(
      ByteArrayOutputStream out,
      byte[] head,
      boolean full,
      ByteArrayOutputStream rest,
      byte[] data,
      int from,
      int to) {
    out.writeBytes(head);
    out.write(full ? 'F' : 'P');
    out.write(' ');
    out.writeBytes(rest.toByteArray());
    rest.reset();
    out.write(data, from, to - from);
    out.write('\n');
  }

  private void write(byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    try {
      if (size > 0 && size + bytes.length > MAX_BYTES) {
        channel.close();
        Files.move(path, rotated(path), StandardCopyOption.REPLACE_EXISTING);
        channel = open();
        size = 0;
        generation++;
      }
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        size += channel.write(buffer);
      }
      grown.signalAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path rotated(Path path) {
    return path.resolveSibling(path.getFileName() + ".1");
  }

  /** How often it was rotated. */
  int generation() {
    lock.lock();
    try {
      return generation;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there is more than {@code seen} bytes, or it was rotated, or closed.
   *
   * @return whether it is still being written
   */
  boolean awaitMore(long seen, int seenGeneration) throws InterruptedException {
    lock.lock();
    try {
      while (!closed && size <= seen && generation == seenGeneration) {
        grown.await();
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the readers, so that they can see that nobody wants them any more. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      for (int i = 0; i < 2; i++) {
        if (partial[i].size() > 0) {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          String head = TIME.format(now()) + (i == 0 ? " stdout " : " stderr ");
          line(out, head.getBytes(StandardCharsets.US_ASCII), false, partial[i], new byte[0], 0, 0);
          write(out.toByteArray());
        }
      }
      closed = true;
      OPEN.remove(path, this);
      channel.close();
      grown.signalAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }
}
