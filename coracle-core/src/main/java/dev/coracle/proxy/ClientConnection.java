package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One connection of a client: its requests, one after the other, on a thread of its own. */
final class ClientConnection implements Runnable {

  private static final long IDLE_NANOS = 300_000_000_000L;
  private static final long HEAD_NANOS = 10_000_000_000L;
  private static final long DRAIN_NANOS = 1_000_000_000L;
  private static final int INPUT_BYTES = 8 * 1024;

  private final ProxyServer server;
  private final SocketChannel channel;
  final HttpInput input;
  final HttpOutput output;

  /** After this the connection is closed; 0 for never. */
  private volatile long deadline;

  /** Asked on this client's behalf, while nobody reads from the client. */
  private volatile @Nullable Upstream waitsFor;

  private boolean answered;
  private boolean closes;

  ClientConnection(ProxyServer server, SocketChannel channel) {
    this.server = server;
    this.channel = channel;
    this.input = new HttpInput(ChannelStreams.input(channel), INPUT_BYTES);
    this.output = new HttpOutput(ChannelStreams.output(channel));
  }

  @Override
  public void run() {
    try {
      while (next()) {
        deadline = 0;
      }
    } catch (IOException e) {
      // The client went away, or the API server in the middle of an answer: nobody can be told.
      return;
    } finally {
      close();
      server.ended(this);
    }
  }

  private boolean next() throws IOException {
    deadline = System.nanoTime() + IDLE_NANOS;
    if (input.buffered() == 0 && !input.fill()) {
      return false;
    }
    deadline = System.nanoTime() + HEAD_NANOS;
    answered = false;
    closes = true;
    ProxyRequest request;
    try {
      request = ProxyRequest.read(input);
      if (request == null) {
        return false;
      }
      deadline = 0;
      closes = !request.keepAlive();
      server.answer(request, this);
    } catch (BadMessageException e) {
      closes = true;
      if (!answered) {
        text(e.status(), e.getMessage() == null ? "Bad Request" : e.getMessage());
      }
    }
    output.flush();
    if (closes) {
      drain();
    }
    return !closes;
  }

  /** Lets the client read the answer before a reset could take it away. */
  private void drain() throws IOException {
    deadline = System.nanoTime() + DRAIN_NANOS;
    channel.shutdownOutput();
    do {
      input.position = input.limit;
    } while (input.fill());
  }

  /** Ends the connection after this answer: something of the request was not read. */
  void closeAfterwards() {
    closes = true;
  }

  boolean closes() {
    return closes;
  }

  boolean answered() {
    return answered;
  }

  /** Marks that an answer has begun. */
  void begin() {
    answered = true;
  }

  /** An answer of the proxy's own. */
  void text(int status, String text) throws IOException {
    text(status, text, true);
  }

  void text(int status, String text, boolean withBody) throws IOException {
    send(
        status,
        Headers.of(
            "Content-Type", "text/plain; charset=utf-8", "X-Content-Type-Options", "nosniff"),
        text.concat("\n").getBytes(StandardCharsets.UTF_8),
        withBody);
  }

  void send(int status, Headers fields, byte[] body, boolean withBody) throws IOException {
    head(status, fields, body.length);
    if (withBody) {
      output.write(body, 0, body.length);
    }
  }

  /** The head of an answer with a body of known length, which the caller writes. */
  void head(int status, Headers fields, long length) throws IOException {
    answered = true;
    output.text("HTTP/1.1 ").text(Integer.toString(status)).text(" ").text(reason(status));
    output.text("\r\n");
    output.fields(fields);
    output.field("Content-Length", Long.toString(length));
    if (closes) {
      output.field("Connection", "close");
    }
    output.text("\r\n");
  }

  static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 301 -> "Moved Permanently";
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 505 -> "HTTP Version Not Supported";
      default -> "Unknown";
    };
  }

  /** The client's address; null on a Unix socket. */
  @Nullable String remoteHost() throws IOException {
    return channel.getRemoteAddress() instanceof InetSocketAddress address
        ? address.getAddress().getHostAddress()
        : null;
  }

  /** From now on, the end of the client ends what is asked on its behalf; null: no longer. */
  void waitFor(@Nullable Upstream upstream) {
    waitsFor = upstream;
  }

  /** Looks after deadlines and clients that went away; called now and then by one thread. */
  void look(long now) {
    long until = deadline;
    if (until != 0 && now - until > 0) {
      close();
      return;
    }
    Upstream asked = waitsFor;
    if (asked == null || !input.lock.tryLock()) {
      return;
    }
    boolean gone = false;
    try {
      if (waitsFor != asked) {
        return;
      }
      if (input.buffered() == 0) {
        input.position = 0;
        input.limit = 0;
      }
      int room = input.buffer.length - input.limit;
      if (room > 0) {
        int read = ChannelStreams.peek(channel, ByteBuffer.wrap(input.buffer, input.limit, room));
        gone = read < 0;
        input.limit += Math.max(0, read);
      }
    } finally {
      input.lock.unlock();
    }
    if (gone) {
      asked.abort();
      close();
    }
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
      return;
    }
  }
}
