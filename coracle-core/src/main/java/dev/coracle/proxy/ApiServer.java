package dev.coracle.proxy;

import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.http.tls.PemReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The API server and its kept connections. Files of the configuration that change (a renewed token,
 * another CA) are read again, at most once a second.
 */
final class ApiServer {

  private static final long LOOK_AGAIN_NANOS = 1_000_000_000L;
  static final long IDLE_NANOS = 60_000_000_000L;
  private static final int MOST_IDLE = 32;
  private static final int MOST_SESSIONS = 8;
  private static final int LOOKUP_STACK_BYTES = 256 * 1024;

  /** As client-go's dialer has it. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

  /** What Go's dialer does when it is told nothing. */
  private static final Duration UNSET_KEEP_ALIVE = Duration.ofSeconds(15);

  /**
   * One reading of the configuration's files.
   *
   * @param context for TLS; null for plain connections
   * @param authorization of requests; empty for none
   */
  record Identity(
      @Nullable SSLContext context,
      boolean insecure,
      String authorization,
      String tlsFiles,
      String tokenFile) {}

  private final ConnectionConfig config;
  private final String host;
  private final int port;
  private final boolean secure;
  private final ArrayDeque<Upstream> idle = new ArrayDeque<>();
  private Identity identity;
  private long lookedAt;
  private final Loop loop;
  private final Duration upgradeKeepAlive;

  /**
   * @param keepAlive of connections that are upgraded; zero for the usual one
   * @throws IOException when a file cannot be read or is of no use
   */
  ApiServer(ConnectionConfig config, Loop loop, Duration keepAlive) throws IOException {
    this.loop = loop;
    this.upgradeKeepAlive = keepAlive.isZero() ? UNSET_KEEP_ALIVE : keepAlive;
    this.config = config;
    URI server = config.server();
    String name = server.getHost();
    secure = "https".equals(server.getScheme());
    if (name == null || !secure && !"http".equals(server.getScheme())) {
      throw new IOException("the server's address " + server + " is not of the form https://host");
    }
    host = name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
    port = server.getPort() < 0 ? (secure ? 443 : 80) : server.getPort();
    identity =
        new Identity(
            secure ? context() : null,
            config.insecure(),
            config.authorization(),
            config.tlsVersion(),
            config.token().version());
    lookedAt = System.nanoTime();
  }

  /** What the Host field says. */
  String authority() {
    return config.server().getRawAuthority();
  }

  /** The server's own path, without a slash at its end; mostly empty. */
  String basePath() {
    String path = config.server().getRawPath();
    return path == null ? "" : path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  Identity identity() {
    Identity known = identity;
    return System.nanoTime() - lookedAt < LOOK_AGAIN_NANOS ? known : look();
  }

  /** A file that cannot be read just now leaves everything as it was. */
  private Identity look() {
    Identity known = identity;
    lookedAt = System.nanoTime();
    String tlsFiles = config.tlsVersion();
    String tokenFile = config.token().version();
    if (tlsFiles.equals(known.tlsFiles) && tokenFile.equals(known.tokenFile)) {
      return known;
    }
    try {
      SSLContext context = !secure || tlsFiles.equals(known.tlsFiles) ? known.context : context();
      Identity now =
          new Identity(context, config.insecure(), config.authorization(), tlsFiles, tokenFile);
      identity = now;
      return now;
    } catch (IOException | IllegalArgumentException e) {
      return known;
    }
  }

  Loop loop() {
    return loop;
  }

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  /** The name that its certificate must have. */
  String serverName() {
    return config.serverName().isEmpty() ? host : config.serverName();
  }

  /** An address as messages name it. */
  static String text(InetSocketAddress address) {
    String number = address.getAddress().getHostAddress();
    return (number.indexOf(':') >= 0 ? "[" + number + "]" : number) + ":" + address.getPort();
  }

  /**
   * A kept connection, or null. One that ended is not here any more: the event loop saw its end.
   */
  @Nullable Upstream kept(ClientConnection client) {
    Identity current = identity();
    while (true) {
      Upstream upstream = idle.pollLast();
      if (upstream == null) {
        return null;
      }
      if (upstream.identity.context() == current.context()) {
        upstream.use(client);
        return upstream;
      }
      upstream.close();
    }
  }

  /** A connection that is to be dialled. */
  Upstream connect(ClientConnection client, boolean toUpgrade) {
    return new Upstream(this, identity(), toUpgrade ? upgradeKeepAlive : KEEP_ALIVE, client);
  }

  /** Looks the name up on a thread of its own, since that may take long. */
  void dial(Upstream upstream) {
    if (host.indexOf(':') >= 0 || isNumber(host)) {
      InetAddress[] addresses = addresses();
      if (addresses.length > 0) {
        upstream.dial(addresses);
      } else {
        upstream.unknownHost();
      }
      return;
    }
    Thread lookup =
        new Thread(
            null,
            new Runnable() {
              @Override
              public void run() {
                InetAddress[] addresses = addresses();
                loop.hand(
                    new Runnable() {
                      @Override
                      public void run() {
                        if (addresses.length > 0) {
                          upstream.dial(addresses);
                        } else {
                          upstream.unknownHost();
                        }
                      }
                    });
              }
            },
            "proxy-lookup",
            LOOKUP_STACK_BYTES);
    lookup.setDaemon(true);
    lookup.start();
  }

  private static boolean isNumber(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) != '.' && !Character.isDigit(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private InetAddress[] addresses() {
    try {
      return InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      return new InetAddress[0];
    }
  }

  /** Keeps a connection whose exchange ended well. */
  void keep(Upstream upstream) {
    upstream.use(null);
    upstream.idleSince = System.nanoTime();
    upstream.await(true);
    idle.addLast(upstream);
    if (idle.size() > MOST_IDLE) {
      idle.getFirst().close();
    }
  }

  void forget(Upstream upstream) {
    idle.remove(upstream);
  }

  private SSLContext context() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(), trustManagers(), null);
      // Tickets of sessions that nobody resumes would fill the heap.
      context.getClientSessionContext().setSessionCacheSize(MOST_SESSIONS);
      return context;
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private KeyManager @Nullable [] keyManagers() throws GeneralSecurityException, IOException {
    if (!config.certificate().isPresent() || !config.key().isPresent()) {
      return null;
    }
    List<X509Certificate> chain = config.chain();
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "client",
        PemReader.privateKey(config.key().read()),
        new char[0],
        chain.toArray(new Certificate[0]));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private TrustManager @Nullable [] trustManagers() throws GeneralSecurityException, IOException {
    if (config.insecure()) {
      return new TrustManager[] {new TrustAnyone()};
    }
    if (!config.authorities().isPresent()) {
      return null;
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int number = 0;
    for (X509Certificate authority : config.trusted()) {
      store.setCertificateEntry("ca" + number++, authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** For {@code insecure-skip-tls-verify}, which a user asks for by this name. */
  private static final class TrustAnyone extends X509ExtendedTrustManager {

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
