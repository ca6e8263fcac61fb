package dev.coracle.proxy;

import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.http.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A running proxy. It stands on the JDK's blocking sockets and TLS alone, a thread for each
 * connection, because a sidecar's memory is mostly the classes that it loads.
 */
public final class ProxyServer implements AutoCloseable {

  private static final int MOST_CONNECTIONS = 512;
  private static final int STACK_BYTES = 256 * 1024;
  private static final long LOOK_MILLIS = 250;

  private final ProxyOptions options;
  private final RequestFilter filter;
  private final ApiServer server;
  private final Forwarder forwarder;
  private final @Nullable StaticFiles files;
  private final ServerSocketChannel listener;
  private final Set<ClientConnection> connections = new HashSet<>();
  private volatile boolean closed;

  private ProxyServer(
      ProxyOptions options, RequestFilter filter, ApiServer server, ServerSocketChannel listener) {
    this.options = options;
    this.filter = filter;
    this.server = server;
    this.forwarder = new Forwarder(server, options.appendServerPath());
    Path www = options.www();
    this.files = www == null ? null : new StaticFiles(www);
    this.listener = listener;
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
    ApiServer server = new ApiServer(config);
    ProxyServer proxy = new ProxyServer(options, filter, server, listen(options));
    // Classes, not method references: the first of those would load the machinery for all.
    proxy.thread(
        new Runnable() {
          @Override
          public void run() {
            proxy.accept();
          }
        },
        "proxy-accept");
    proxy.thread(
        new Runnable() {
          @Override
          public void run() {
            proxy.look();
          }
        },
        "proxy-look");
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
        throw new IOException("listen " + where + ": " + e.getMessage(), e);
      }
      throw e;
    }
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

  private void thread(Runnable work, String name) {
    Thread thread = new Thread(null, work, name, STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!closed) {
      try {
        SocketChannel channel = listener.accept();
        if (options.unixSocket() == null) {
          channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
          channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        }
        ClientConnection connection = new ClientConnection(this, channel);
        if (began(connection)) {
          thread(connection, "proxy-client");
        } else {
          connection.close();
        }
      } catch (IOException e) {
        if (!listener.isOpen()) {
          return;
        }
        pause();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** After a failure that may last, such as too many open files. */
  private static void pause() {
    try {
      Thread.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for a place. */
  private boolean began(ClientConnection connection) throws InterruptedException {
    synchronized (connections) {
      while (connections.size() >= MOST_CONNECTIONS && !closed) {
        connections.wait();
      }
      if (!closed) {
        connections.add(connection);
        connections.notifyAll();
      }
      return !closed;
    }
  }

  void ended(ClientConnection connection) {
    synchronized (connections) {
      connections.remove(connection);
      connections.notifyAll();
    }
  }

  /** Looks after all connections, as long as there are any. */
  private void look() {
    try {
      while (!closed) {
        List<ClientConnection> all;
        synchronized (connections) {
          while (connections.isEmpty() && !closed) {
            connections.wait(60_000);
            server.sweep();
          }
          all = new ArrayList<>(connections);
        }
        long now = System.nanoTime();
        for (ClientConnection each : all) {
          each.look(now);
        }
        server.sweep();
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void answer(ProxyRequest request, ClientConnection client) throws IOException {
    ProxyPath path = ProxyPath.of(request.rawPath());
    if (path != null && path.isClean() && isApi(path)) {
      ProxyPath inner = path.without(options.apiPrefix());
      if (inner != null && filter.accepts(request.method(), inner.decoded(), request.authority())) {
        forwarder.forward(request, client, inner.raw());
        return;
      }
    }
    refuse(request, client, path);
  }

  private boolean isApi(ProxyPath path) {
    return files == null || !path.decoded().startsWith(options.wwwPrefix());
  }

  /** Everything that does not go to the API server; a body is not read. */
  private void refuse(ProxyRequest request, ClientConnection client, @Nullable ProxyPath path)
      throws IOException {
    if (request.length() != 0) {
      client.closeAfterwards();
    }
    boolean withBody = !request.method().equals("HEAD");
    if (path == null) {
      client.text(400, "Bad Request", withBody);
    } else if (!path.isClean()) {
      client.send(
          301, Headers.of("Location", path.cleanTarget(request.rawQuery())), new byte[0], withBody);
    } else if (files != null && !isApi(path)) {
      files.serve(request, client, path.decoded().substring(options.wwwPrefix().length()));
    } else if (path.without(options.apiPrefix()) == null) {
      client.text(404, "404 page not found", withBody);
    } else {
      client.text(403, "Forbidden", withBody);
    }
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
    closed = true;
    try {
      listener.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } finally {
      synchronized (connections) {
        for (ClientConnection each : connections) {
          each.close();
        }
        connections.notifyAll();
      }
      server.close();
    }
  }
}
