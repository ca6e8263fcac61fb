package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One connection of a client: its requests, one after the other. */
final class ClientConnection extends Connection {

  private static final long IDLE_NANOS = 300_000_000_000L;
  private static final long HEAD_NANOS = 10_000_000_000L;
  private static final long DRAIN_NANOS = 1_000_000_000L;

  /** What is read of later requests while an answer is on its way, so that its end is noticed. */
  private static final int AHEAD_BYTES = 8 * 1024;

  /** Before others have their turn: the API server's bytes take a core to decrypt. */
  private static final int MOST_STEPS = 4;

  private enum State {
    HEAD,
    EXCHANGE,
    FILE,
    DRAIN,
    CLOSED
  }

  private final ProxyServer server;
  private final Head.Reader heads = new Head.Reader();
  private State state = State.HEAD;
  private boolean headBegan;
  private boolean advancing;
  private boolean closes;
  private boolean old;
  private @Nullable Exchange exchange;
  private @Nullable FileBody file;

  ClientConnection(ProxyServer server, Loop loop, SocketChannel channel) throws IOException {
    super(loop);
    this.server = server;
    this.channel = channel;
    channel.configureBlocking(false);
    key = loop.register(channel, SelectionKey.OP_READ, this);
    deadline = System.nanoTime() + IDLE_NANOS;
  }

  @Override
  public void advance() {
    if (advancing) {
      return;
    }
    advancing = true;
    try {
      int steps = 0;
      while (state != State.CLOSED && step()) {
        if (++steps == MOST_STEPS) {
          loop.again(this);
          break;
        }
      }
    } finally {
      advancing = false;
    }
    settle();
  }

  /**
   * @return false when there is something to wait for
   */
  private boolean step() {
    if (isDeaf()) {
      close();
      return false;
    }
    return switch (state) {
      case HEAD -> head();
      case EXCHANGE -> exchange();
      case FILE -> file();
      case DRAIN -> drain();
      case CLOSED -> false;
    };
  }

  /** Sends what was gathered, before it waits. */
  private void settle() {
    if (state == State.CLOSED) {
      return;
    }
    if (!out.isEmpty() && !isBlocked()) {
      flush();
    }
    Exchange current = exchange;
    if (current != null) {
      current.settle();
      await(current.wantsRequest() || !current.isSending() && in.size() < AHEAD_BYTES);
    } else {
      await(state == State.DRAIN || state == State.HEAD && !isBlocked());
    }
  }

  private boolean head() {
    if (isBlocked() && !flush()) {
      return false;
    }
    closes = true;
    old = false;
    try {
      Head head = heads.read(in);
      if (head != null) {
        headBegan = false;
        deadline = 0;
        ProxyRequest request = ProxyRequest.of(head);
        old = request.isOld();
        closes = !request.keepAlive();
        server.answer(request, this);
        if (state == State.HEAD) {
          after();
        }
        return true;
      }
    } catch (BadMessageException e) {
      refuse(e);
      return true;
    }
    int count = fill();
    if (count < 0) {
      close();
      return false;
    }
    if (count == 0) {
      if (in.isEmpty() && deadline == 0) {
        deadline = System.nanoTime() + IDLE_NANOS;
      }
      return false;
    }
    if (!headBegan) {
      headBegan = true;
      deadline = System.nanoTime() + HEAD_NANOS;
      // An empty line may stand before a request (RFC 9112, 2.2).
      if (in.size() >= 2 && in.array[in.from] == '\r' && in.array[in.from + 1] == '\n') {
        in.drop(2);
      }
    }
    return true;
  }

  /** An answer is complete. */
  private void after() {
    exchange = null;
    file = null;
    if (closes) {
      in.clear();
      state = State.DRAIN;
      deadline = System.nanoTime() + DRAIN_NANOS;
    } else {
      state = State.HEAD;
    }
  }

  private boolean exchange() {
    Exchange current = exchange;
    if (current == null) {
      throw new IllegalStateException("no exchange");
    }
    boolean moved = current.step();
    if (current.isOver() && state != State.CLOSED) {
      after();
      return true;
    }
    return moved;
  }

  private boolean file() {
    FileBody current = file;
    if (current == null) {
      throw new IllegalStateException("no file");
    }
    if (isBlocked()) {
      return false;
    }
    try {
      if (!current.next(out)) {
        after();
      }
    } catch (IOException e) {
      close();
      return false;
    }
    flush();
    return true;
  }

  /** Lets the client read the answer before a reset could take it away. */
  private boolean drain() {
    if (!flush()) {
      return false;
    }
    SocketChannel socket = channel;
    try {
      if (socket != null) {
        socket.shutdownOutput();
      }
    } catch (IOException e) {
      close();
      return false;
    }
    int count = fill();
    in.clear();
    if (count < 0) {
      close();
    }
    return count > 0;
  }

  void forward(Exchange next) {
    exchange = next;
    state = State.EXCHANGE;
    next.start();
  }

  /** The head of an answer was written; its body comes from a file. */
  void send(FileBody body) {
    file = body;
    state = State.FILE;
  }

  /** Ends the connection after this answer: something of the request was not read. */
  void closeAfterwards() {
    closes = true;
  }

  /** What a message without a request that can be understood gets. */
  void refuse(BadMessageException bad) {
    closes = true;
    String status = bad.status() + " " + reason(bad.status());
    String text = bad.detail().isEmpty() ? status : status + ": " + bad.detail();
    out.text("HTTP/1.1 ").text(text).text("\r\n");
    out.field("Content-Type", "text/plain; charset=utf-8");
    out.field("Connection", "close");
    out.text("\r\n").text(text);
    after();
  }

  /** An answer of the proxy's own. */
  void text(int status, String text, boolean withBody) {
    send(
        status,
        Headers.of(
            "Content-Type", "text/plain; charset=utf-8", "X-Content-Type-Options", "nosniff"),
        text.concat("\n").getBytes(StandardCharsets.UTF_8),
        withBody);
  }

  void send(int status, Headers fields, byte[] body, boolean withBody) {
    head(status, fields, body.length);
    if (withBody) {
      out.append(body, 0, body.length);
    }
  }

  /**
   * The head of an answer whose body the caller gives.
   *
   * @param length of the body; negative for an answer that has none
   */
  void head(int status, Headers fields, long length) {
    out.text(version()).text(" ").text(Integer.toString(status)).text(" ").text(reason(status));
    out.text("\r\n");
    fields(fields);
    out.field("Date", HttpDate.now());
    if (length >= 0) {
      out.field("Content-Length", Long.toString(length));
    }
    connectionField();
    out.text("\r\n");
  }

  String version() {
    return old ? "HTTP/1.0" : "HTTP/1.1";
  }

  void fields(Headers fields) {
    for (int i = 0; i < fields.size(); i++) {
      out.field(fields.nameAt(i), fields.valueAt(i));
    }
  }

  void connectionField() {
    if (closes && !old) {
      out.field("Connection", "close");
    } else if (!closes && old) {
      out.field("Connection", "keep-alive");
    }
  }

  static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 206 -> "Partial Content";
      case 301 -> "Moved Permanently";
      case 304 -> "Not Modified";
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 416 -> "Requested Range Not Satisfiable";
      case 417 -> "Expectation Failed";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 505 -> "HTTP Version Not Supported";
      default -> "Unknown";
    };
  }

  /** The client's address; null on a Unix socket. */
  @Nullable String remoteHost() {
    try {
      return channel != null && channel.getRemoteAddress() instanceof InetSocketAddress address
          ? address.getAddress().getHostAddress()
          : null;
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Reads ahead while an answer is on its way.
   *
   * @return whether the client went away
   */
  boolean left() {
    return in.size() < AHEAD_BYTES && fill() < 0;
  }

  @Override
  public long waitingSince() {
    Exchange current = exchange;
    return Math.min(
        super.waitingSince(), current == null ? Long.MAX_VALUE : current.waitingSince());
  }

  @Override
  public void tick(long now) {
    if (deadline != 0 && now - deadline > 0) {
      close();
    }
  }

  @Override
  public void close() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    Exchange current = exchange;
    exchange = null;
    if (current != null) {
      current.abandon();
    }
    FileBody body = file;
    file = null;
    if (body != null) {
      body.close();
    }
    closeChannel();
    server.ended();
  }
}
