package dev.coracle.proxy;

import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.http.PemReader;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The API server and its kept connections. Files of the configuration that change (a renewed token,
 * another CA) are read again, at most once a second.
 */
final class ApiServer implements AutoCloseable {

  private static final long LOOK_AGAIN_NANOS = 1_000_000_000L;
  private static final long IDLE_NANOS = 60_000_000_000L;
  private static final int MOST_IDLE = 32;

  /**
   * One reading of the configuration's files.
   *
   * @param sockets for TLS; null for plain connections
   * @param authorization of requests; empty for none
   */
  record Identity(
      @Nullable SSLSocketFactory sockets,
      boolean insecure,
      String authorization,
      String tlsFiles,
      String tokenFile) {}

  private final ConnectionConfig config;
  private final String host;
  private final int port;
  private final boolean secure;
  private final ArrayDeque<Upstream> idle = new ArrayDeque<>();
  private volatile Identity identity;
  private volatile long lookedAt;
  private boolean closed;

  /**
   * @throws IOException when a file cannot be read or is of no use
   */
  ApiServer(ConnectionConfig config) throws IOException {
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
            secure ? sockets() : null,
            config.insecure(),
            authorization(),
            tlsFiles(),
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
  private synchronized Identity look() {
    Identity known = identity;
    lookedAt = System.nanoTime();
    String tlsFiles = tlsFiles();
    String tokenFile = config.token().version();
    if (tlsFiles.equals(known.tlsFiles) && tokenFile.equals(known.tokenFile)) {
      return known;
    }
    try {
      SSLSocketFactory sockets =
          !secure || tlsFiles.equals(known.tlsFiles) ? known.sockets : sockets();
      Identity now = new Identity(sockets, config.insecure(), authorization(), tlsFiles, tokenFile);
      identity = now;
      return now;
    } catch (IOException e) {
      return known;
    }
  }

  /** A kept connection that still stands, or null. */
  @Nullable Upstream kept(Identity current) {
    while (true) {
      Upstream upstream;
      synchronized (idle) {
        upstream = idle.pollLast();
      }
      if (upstream == null) {
        return null;
      }
      long quiet = System.nanoTime() - upstream.idleSince;
      if (upstream.identity.sockets == current.sockets
          && quiet < IDLE_NANOS
          && (quiet < LOOK_AGAIN_NANOS || upstream.isQuiet())) {
        return upstream;
      }
      upstream.abort();
    }
  }

  Upstream connect(Identity current) throws IOException {
    return Upstream.connect(host, port, config.serverName(), current);
  }

  /** Keeps a connection whose exchange ended well. */
  void keep(Upstream upstream) {
    Upstream tooOld = null;
    upstream.idleSince = System.nanoTime();
    synchronized (idle) {
      if (closed) {
        tooOld = upstream;
      } else {
        idle.addLast(upstream);
        if (idle.size() > MOST_IDLE) {
          tooOld = idle.pollFirst();
        }
      }
    }
    if (tooOld != null) {
      tooOld.abort();
    }
  }

  /** Ends connections that have been idle for long. */
  void sweep() {
    while (true) {
      Upstream oldest;
      synchronized (idle) {
        oldest = idle.peekFirst();
        if (oldest == null || System.nanoTime() - oldest.idleSince < IDLE_NANOS) {
          return;
        }
        idle.pollFirst();
      }
      oldest.abort();
    }
  }

  private String tlsFiles() {
    return config.authorities().version() + config.certificate().version() + config.key().version();
  }

  private String authorization() throws IOException {
    if (config.token().isPresent()) {
      String token = new String(config.token().read(), StandardCharsets.UTF_8).trim();
      if (token.isEmpty()) {
        throw new IOException("the bearer token is empty");
      }
      for (int i = 0; i < token.length(); i++) {
        if (token.charAt(i) <= ' ' && token.charAt(i) != ' ' || token.charAt(i) >= 0x7f) {
          throw new IOException("the bearer token has characters that no header may have");
        }
      }
      return "Bearer " + token;
    }
    return config.basic().isEmpty()
        ? ""
        : "Basic "
            + Base64.getEncoder().encodeToString(config.basic().getBytes(StandardCharsets.UTF_8));
  }

  private SSLSocketFactory sockets() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(), trustManagers(), null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private KeyManager @Nullable [] keyManagers() throws GeneralSecurityException, IOException {
    if (!config.certificate().isPresent() || !config.key().isPresent()) {
      return null;
    }
    List<X509Certificate> chain = PemReader.certificates(config.certificate().read());
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
    for (X509Certificate authority : PemReader.certificates(config.authorities().read())) {
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

  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      for (Upstream each : idle) {
        each.abort();
      }
      idle.clear();
    }
  }
}
