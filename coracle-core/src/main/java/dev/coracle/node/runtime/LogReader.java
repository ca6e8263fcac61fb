package dev.coracle.node.runtime;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Reads a container's log as the {@code log} subresource of a Pod gives it. */
public final class LogReader {

  /**
   * What to read ({@code PodLogOptions}).
   *
   * @param tailLines negative for all
   * @param limitBytes negative for no limit
   * @param stream stdout, stderr or empty for both
   */
  public record Options(
      boolean follow,
      long tailLines,
      @Nullable Instant since,
      boolean timestamps,
      long limitBytes,
      String stream) {
    public static final Options ALL = new Options(false, -1, null, false, -1, "");
  }

  private final Path path;
  private final Options options;
  private final OutputStream out;
  private long left;

  private LogReader(Path path, Options options, OutputStream out) {
    this.path = path;
    this.options = options;
    this.out = out;
    this.left = options.limitBytes() < 0 ? Long.MAX_VALUE : options.limitBytes();
  }

  /**
   * Copies the log; with {@code follow} until the container ends or {@code out} fails.
   *
   * @throws NoSuchFileException when there is no log
   */
  public static void copy(Path path, Options options, OutputStream out)
      throws IOException, InterruptedException {
    new LogReader(path, options, out).copy();
  }

  private void copy() throws IOException, InterruptedException {
    LogFile writing = LogFile.writing(path);
    int generation = writing == null ? 0 : writing.generation();
    Path older = LogFile.rotated(path);
    FileChannel channel = FileChannel.open(path);
    try {
      long position = 0;
      ArrayDeque<byte[]> tail = new ArrayDeque<>();
      if (Files.exists(older)) {
        try (InputStream input = new BufferedInputStream(Files.newInputStream(older))) {
          long unused = lines(input, tail, Long.MAX_VALUE);
        }
      }
      position = lines(from(channel, 0), tail, Long.MAX_VALUE);
      for (byte[] line : tail) {
        emit(line);
      }
      out.flush();
      boolean more = options.follow() && writing != null;
      while (more && left > 0 && writing != null) {
        more = writing.awaitMore(position, generation);
        position += lines(from(channel, position), null, Long.MAX_VALUE);
        if (writing.generation() != generation) {
          generation = writing.generation();
          channel.close();
          channel = FileChannel.open(path);
          position = lines(from(channel, 0), null, Long.MAX_VALUE);
        }
        out.flush();
      }
    } finally {
      channel.close();
    }
  }

  private static InputStream from(FileChannel channel, long position) throws IOException {
    channel.position(position);
    return new BufferedInputStream(
        new SequenceInputStream(InputStream.nullInputStream(), unclosed(channel)), 65536);
  }

  private static InputStream unclosed(FileChannel channel) {
    return new java.io.FilterInputStream(Channels.newInputStream(channel)) {
      @Override
      public void close() {}
    };
  }

  /** Reads whole lines; gives how many bytes they were. */
  private long lines(InputStream input, @Nullable ArrayDeque<byte[]> tail, long most)
      throws IOException {
    long consumed = 0;
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    int value;
    while (consumed < most && (value = input.read()) >= 0) {
      if (value != '\n') {
        line.write(value);
        continue;
      }
      consumed += line.size() + 1L;
      take(line.toByteArray(), tail);
      line.reset();
    }
    return consumed;
  }

  private void take(byte[] line, @Nullable ArrayDeque<byte[]> tail) throws IOException {
    if (!wanted(line)) {
      return;
    }
    if (tail == null || options.tailLines() < 0) {
      emit(line);
      return;
    }
    tail.addLast(line);
    if (tail.size() > options.tailLines()) {
      tail.removeFirst();
    }
  }

  private boolean wanted(byte[] line) {
    int space = indexOf(line, 0);
    if (space < 0) {
      return false;
    }
    if (!options.stream().isEmpty()) {
      int end = indexOf(line, space + 1);
      String stream =
          end < 0 ? "" : new String(line, space + 1, end - space - 1, StandardCharsets.US_ASCII);
      if (!stream.equals(options.stream())) {
        return false;
      }
    }
    Instant since = options.since();
    return since == null
        || !Instant.parse(new String(line, 0, space, StandardCharsets.US_ASCII)).isBefore(since);
  }

  private void emit(byte[] line) throws IOException {
    int time = indexOf(line, 0);
    int stream = indexOf(line, time + 1);
    if (time < 0 || stream < 0 || stream + 3 > line.length) {
      return;
    }
    if (options.timestamps()) {
      write(line, 0, time + 1);
    }
    write(line, stream + 3, line.length - stream - 3);
    if (line[stream + 1] == 'F') {
      write(new byte[] {'\n'}, 0, 1);
    }
  }

  private void write(byte[] bytes, int start, int length) throws IOException {
    int count = (int) Math.min(length, left);
    if (count > 0) {
      out.write(bytes, start, count);
      left -= count;
    }
  }

  private static int indexOf(byte[] line, int from) {
    for (int i = from; i < line.length; i++) {
      if (line[i] == ' ') {
        return i;
      }
    }
    return -1;
  }
}
