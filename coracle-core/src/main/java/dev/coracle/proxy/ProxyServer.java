package dev.coracle.proxy;

import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.http.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A running proxy. It stands on the JDK's selector and TLS engine alone, one thread for all
 * connections, because a sidecar's memory is mostly the classes that it loads and the stacks and
 * buffers of what waits.
 */
public final class ProxyServer implements AutoCloseable {

  private static final int MOST_CONNECTIONS = 512;
  private static final int MOST_ACCEPTED_AT_ONCE = 16;
  private static final int SEND_BYTES = 128 * 1024;
  private static final int STACK_BYTES = 512 * 1024;

  private final ProxyOptions options;
  private final RequestFilter filter;
  private final Loop loop;
  private final ApiServer server;
  private final String basePath;
  private final @Nullable StaticFiles files;
  private final ServerSocketChannel listener;
  private final Thread thread;
  private final SelectionKey key;
  private int connections;

  private ProxyServer(
      ProxyOptions options,
      RequestFilter filter,
      Loop loop,
      ApiServer server,
      ServerSocketChannel listener)
      throws IOException {
    this.options = options;
    this.filter = filter;
    this.loop = loop;
    this.server = server;
    this.basePath = options.appendServerPath() ? server.basePath() : "";
    Path www = options.www();
    this.files = www == null ? null : new StaticFiles(www);
    this.listener = listener;
    listener.configureBlocking(false);
    key = loop.register(listener, SelectionKey.OP_ACCEPT, new Acceptor());
    thread = new Thread(null, loop, "proxy", STACK_BYTES);
  }

  /**
   * Starts to listen. The API server need not be there yet.
   *
   * @throws IOException in a sentence: the address is taken, a credential cannot be read
   * @throws IllegalArgumentException naming a filter that is no regular expression
   */
  public static ProxyServer start(ProxyOptions options, ConnectionConfig config)
      throws IOException {
    RequestFilter filter = new RequestFilter(options);
    Loop loop = new Loop();
    ApiServer server = new ApiServer(config, loop, options.keepAlive());
    ProxyServer proxy = new ProxyServer(options, filter, loop, server, listen(options));
    proxy.thread.start();
    return proxy;
  }

  private static ServerSocketChannel listen(ProxyOptions options) throws IOException {
    Path socket = options.unixSocket();
    SocketAddress address = address(options);
    ServerSocketChannel listener =
        socket == null
            ? ServerSocketChannel.open()
            : ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      if (socket == null) {
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      }
      listener.bind(address, MOST_CONNECTIONS);
      if (socket != null) {
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwx------"));
      }
      return listener;
    } catch (IOException | RuntimeException e) {
      listener.close();
      if (e instanceof IOException) {
        String where =
            socket == null ? "tcp " + options.address() + ":" + options.port() : "unix " + socket;
        throw new IOException("listen " + where + ": bind: " + reason((IOException) e), e);
      }
      throw e;
    }
  }

  /** As the system's own texts have it. */
  private static String reason(IOException e) {
    return e instanceof NoSuchFileException ? "no such file or directory" : Connection.text(e);
  }

  private static SocketAddress address(ProxyOptions options) throws IOException {
    Path socket = options.unixSocket();
    if (socket == null) {
      InetSocketAddress address = new InetSocketAddress(options.address(), options.port());
      if (address.isUnresolved()) {
        throw new IOException("lookup " + options.address() + ": no such host");
      }
      return address;
    }
    if (Files.exists(socket)) {
      if (Files.isRegularFile(socket) || Files.isDirectory(socket)) {
        throw new IOException("listen unix " + socket + ": the file exists and is no socket");
      }
      Files.delete(socket);
    }
    return UnixDomainSocketAddress.of(socket);
  }

  /** Takes new connections, as long as there are not too many. */
  private final class Acceptor implements Loop.Handler {

    @Override
    public void ready(SelectionKey selected) {
      try {
        for (int i = 0; i < MOST_ACCEPTED_AT_ONCE && connections < MOST_CONNECTIONS; i++) {
          SocketChannel channel = listener.accept();
          if (channel == null) {
            return;
          }
          connections++;
          begin(channel);
        }
      } catch (IOException e) {
        // Too many open files, for example: tick goes on.
        key.interestOps(0);
        return;
      }
      if (connections >= MOST_CONNECTIONS) {
        key.interestOps(0);
      }
    }

    private void begin(SocketChannel channel) throws IOException {
      try {
        if (options.unixSocket() == null) {
          channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
          channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
          // Else the system would take megabytes for a client that takes nothing.
          channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BYTES);
        }
        new ClientConnection(ProxyServer.this, loop, channel).advance();
      } catch (IOException e) {
        // It went away at once.
        channel.close();
        ended();
      }
    }

    @Override
    public long waitingSince() {
      return Long.MAX_VALUE;
    }

    @Override
    public void tick(long now) {
      if (connections < MOST_CONNECTIONS && key.interestOps() == 0) {
        key.interestOps(SelectionKey.OP_ACCEPT);
      }
    }

    @Override
    public void advance() {
      ready(key);
    }

    @Override
    public void close() {
      try {
        listener.close();
      } catch (IOException e) {
        System.err.println("error: " + e.getMessage());
      }
    }
  }

  void ended() {
    connections--;
    if (key.isValid() && connections == MOST_CONNECTIONS - 1) {
      key.interestOps(SelectionKey.OP_ACCEPT);
    }
  }

  /** Decides where a request goes, and answers it if it goes nowhere. */
  void answer(ProxyRequest request, ClientConnection client) {
    ProxyPath path = ProxyPath.of(request.rawPath());
    boolean toApi = path != null && path.isClean() && isApi(path) && isExpected(request);
    if (path != null && toApi) {
      ProxyPath inner = path.without(options.apiPrefix());
      if (inner != null && filter.accepts(request.method(), inner.decoded(), request.authority())) {
        String query = request.rawQuery();
        String target = basePath + inner.raw() + (query.isEmpty() ? "" : "?" + query);
        client.forward(new Exchange(client, server, request, target));
        return;
      }
    }
    refuse(request, client, path);
  }

  private boolean isApi(ProxyPath path) {
    return !path.decoded().equals("*") && (files == null || !isStatic(path.decoded()));
  }

  /** The prefix itself leads to its pages, with or without its last slash. */
  private boolean isStatic(String path) {
    String prefix = options.wwwPrefix();
    return path.startsWith(prefix)
        || path.length() == prefix.length() - 1 && prefix.startsWith(path);
  }

  private static boolean isExpected(ProxyRequest request) {
    String expected = request.headers().first("expect");
    return expected == null || expected.equalsIgnoreCase("100-continue");
  }

  /** Everything that does not go to the API server; a body is not read. */
  private void refuse(ProxyRequest request, ClientConnection client, @Nullable ProxyPath path) {
    if (request.length() != 0) {
      client.closeAfterwards();
    }
    boolean withBody = !request.method().equals("HEAD");
    if (path == null) {
      client.refuse(new BadMessageException(400, ""));
    } else if (!isExpected(request)) {
      client.closeAfterwards();
      client.send(417, new Headers(), new byte[0], withBody);
    } else if (path.decoded().equals("*")) {
      client.send(200, new Headers(), new byte[0], withBody);
    } else if (!path.isClean()) {
      movedTo(request, client, path.cleanTarget(request.rawQuery()));
    } else if (files != null && path.decoded().startsWith(options.wwwPrefix())) {
      files.serve(request, client, path.decoded().substring(options.wwwPrefix().length()));
    } else if (files != null && isStatic(path.decoded())) {
      movedTo(request, client, options.wwwPrefix());
    } else if (path.without(options.apiPrefix()) == null) {
      client.text(404, "404 page not found", withBody);
    } else {
      client.text(403, "Forbidden", withBody);
    }
  }

  private static void movedTo(ProxyRequest request, ClientConnection client, String location) {
    boolean get = request.method().equals("GET");
    boolean page = get || request.method().equals("HEAD");
    String text =
        page ? "<a href=\"" + ProxyPath.escape(location) + "\">Moved Permanently</a>.\n\n" : "";
    Headers fields = new Headers();
    if (page) {
      fields.add("Content-Type", "text/html; charset=utf-8");
    }
    fields.add("Location", location);
    client.send(301, fields, text.getBytes(StandardCharsets.UTF_8), get);
  }

  /** Where it listens: {@code host:port}, or the socket's path. */
  public String address() {
    Path socket = options.unixSocket();
    if (socket != null) {
      return socket.toString();
    }
    InetSocketAddress internet = internetAddress();
    String host = internet.getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + internet.getPort();
  }

  private InetSocketAddress internetAddress() {
    return (InetSocketAddress) listener.socket().getLocalSocketAddress();
  }

  /** The port; -1 on a Unix socket. */
  public int port() {
    return options.unixSocket() == null ? internetAddress().getPort() : -1;
  }

  /** Ends everything at once. */
  @Override
  public void close() {
    loop.close();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
