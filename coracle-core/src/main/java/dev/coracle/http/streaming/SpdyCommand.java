package dev.coracle.http.streaming;

import dev.coracle.http.Headers;
import dev.coracle.http.SpdySession;
import dev.coracle.http.SpdyStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A remote command over the streams of a SPDY session; each says what it is when it opens. */
final class SpdyCommand extends CommandConnection {

  private static final Duration ALL_STREAMS_WITHIN = Duration.ofSeconds(30);

  private final SpdySession session;
  private final String protocol;
  private final Map<String, SpdyStream> streams;

  private SpdyCommand(SpdySession session, String protocol, Map<String, SpdyStream> streams) {
    this.session = session;
    this.protocol = protocol;
    this.streams = streams;
  }

  static SpdyCommand start(SpdySession session, String protocol, RemoteCommandOptions options)
      throws IOException {
    Set<String> expected = new HashSet<>(Set.of("error"));
    if (options.stdin()) {
      expected.add("stdin");
    }
    if (options.stdout()) {
      expected.add("stdout");
    }
    if (options.stderr()) {
      expected.add("stderr");
    }
    if (options.tty() && (protocol.startsWith("v3.") || protocol.startsWith("v4."))) {
      expected.add("resize");
    }
    Map<String, SpdyStream> streams = new HashMap<>();
    long end = System.nanoTime() + ALL_STREAMS_WITHIN.toNanos();
    while (streams.size() < expected.size()) {
      SpdyStream stream = accept(session, Duration.ofNanos(end - System.nanoTime()));
      if (stream == null) {
        session.close();
        throw new IOException("timed out waiting for client to create streams");
      }
      String type = stream.headers().first("streamtype", "");
      if (expected.contains(type) && !streams.containsKey(type)) {
        stream.reply(new Headers());
        streams.put(type, stream);
      } else {
        stream.reset();
      }
    }
    return new SpdyCommand(session, protocol, streams);
  }

  private static @org.jspecify.annotations.Nullable SpdyStream accept(
      SpdySession session, Duration timeout) {
    try {
      return session.accept(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private InputStream input(String type) {
    SpdyStream stream = streams.get(type);
    return stream == null ? InputStream.nullInputStream() : stream.input();
  }

  private OutputStream output(String type) {
    SpdyStream stream = streams.get(type);
    return stream == null ? OutputStream.nullOutputStream() : stream.output();
  }

  @Override
  public InputStream stdin() {
    return input("stdin");
  }

  @Override
  public OutputStream stdout() {
    return output("stdout");
  }

  @Override
  public OutputStream stderr() {
    return output("stderr");
  }

  @Override
  InputStream resizeStream() {
    return input("resize");
  }

  @Override
  public boolean isOpen() {
    return session.isOpen();
  }

  @Override
  public void onClose(Runnable action) {
    session.onClose(action);
  }

  /** The result goes first: a client reads the error stream beside the others. */
  @Override
  void finish(CommandResult result) throws IOException {
    byte[] data =
        protocol.startsWith("v4.")
            ? result.statusJson()
            : result.message().getBytes(StandardCharsets.UTF_8);
    OutputStream error = output("error");
    if (data.length > 0) {
      error.write(data);
    }
    error.close();
  }

  @Override
  public void close() {
    streams.values().forEach(SpdyStream::close);
    session.close();
  }
}
