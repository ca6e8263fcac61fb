package dev.coracle.cluster.pki;

import dev.coracle.api.Clock;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.start.StartException;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.http.tls.TlsPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the API server shows as its certificate and whose clients it takes, kept up to date without
 * a restart: files that change are read again within seconds, and the cluster's own certificate is
 * renewed before it expires.
 */
public final class ServingCertificates implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServingCertificates.class);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** Makes or renews the cluster's own certificate. */
  public interface Own {
    KeyAndCertificate get() throws IOException;
  }

  private final ApiServerOptions.Serving options;
  private final TlsPolicy policy;
  private final Own own;
  private final Supplier<List<X509Certificate>> clientAuthorities;
  private final List<Path> watched = new ArrayList<>();
  private final Clock clock;
  private List<FileTime> seen;
  private Shown shown;
  private Clock.@Nullable Timer timer;
  private volatile boolean closed;

  private record Shown(
      List<X509Certificate> chain, List<X509Certificate> clientAuthorities, ServerTls tls) {}

  /**
   * @param ownFiles of the cluster's own certificate and key
   * @param clientAuthorities reads them again when their file has changed
   * @throws StartException when a file or an option is of no use
   */
  public ServingCertificates(
      ApiServerOptions.Serving options,
      Own own,
      List<Path> ownFiles,
      Supplier<List<X509Certificate>> clientAuthorities,
      List<Path> clientAuthorityFiles,
      Clock clock) {
    this.options = options;
    this.own = own;
    this.clientAuthorities = clientAuthorities;
    this.clock = clock;
    this.policy = policy(options);
    if ((options.certificate() == null) != (options.key() == null)) {
      throw new StartException(
          StartException.Kind.FAILED, "--tls-cert-file and --tls-private-key-file go together");
    }
    if (options.certificate() != null && options.key() != null) {
      watched.add(options.certificate());
      watched.add(options.key());
    } else {
      watched.addAll(ownFiles);
    }
    watched.addAll(clientAuthorityFiles);
    try {
      shown = read();
    } catch (IOException | IllegalArgumentException e) {
      throw new StartException(
          StartException.Kind.FAILED, "the serving certificate is of no use: " + e.getMessage(), e);
    }
    seen = times();
  }

  private static TlsPolicy policy(ApiServerOptions.Serving options) {
    boolean only13 =
        switch (options.minVersion()) {
          case "", "VersionTLS12" -> false;
          case "VersionTLS13" -> true;
          case "VersionTLS10", "VersionTLS11" ->
              throw new StartException(
                  StartException.Kind.NOT_SUPPORTED,
                  "--tls-min-version "
                      + options.minVersion()
                      + " is not supported: versions before TLS 1.2 are broken");
          default ->
              throw new StartException(
                  StartException.Kind.FAILED,
                  "unknown tls version \"" + options.minVersion() + "\"");
        };
    for (String suite : options.cipherSuites()) {
      if (!TlsPolicy.supported().contains(suite)) {
        throw new StartException(
            StartException.Kind.FAILED,
            "Cipher suite "
                + suite
                + " not supported or doesn't exist; there are "
                + String.join(", ", TlsPolicy.supported()));
      }
    }
    return new TlsPolicy(only13, options.cipherSuites());
  }

  private Shown read() throws IOException {
    List<X509Certificate> authorities = List.copyOf(clientAuthorities.get());
    Path certificate = options.certificate();
    Path key = options.key();
    ServerTls tls;
    if (certificate == null || key == null) {
      KeyAndCertificate made = own.get();
      tls = ServerTls.of(made.key(), List.of(made.certificate()));
    } else {
      List<X509Certificate> chain = chain(certificate);
      KeyPair pair = KeyFiles.keyPair("--tls-private-key-file", key);
      if (!pair.getPublic().equals(chain.getFirst().getPublicKey())) {
        throw new IOException("tls: private key does not match public key");
      }
      tls = ServerTls.of(pair.getPrivate(), chain);
    }
    return new Shown(
        tls.chain(), authorities, tls.requestingClientCertificates(authorities).withPolicy(policy));
  }

  private static List<X509Certificate> chain(Path file) {
    try {
      List<X509Certificate> chain = Pem.certificates(Files.readString(file));
      if (chain.isEmpty()) {
        throw new IOException("it has no certificate");
      }
      return chain;
    } catch (IOException | IllegalArgumentException e) {
      throw KeyFiles.useless("--tls-cert-file", file, e);
    }
  }

  public ServerTls tls() {
    return shown.tls;
  }

  /** Certificates that clients must know besides the cluster's authority; empty for its own. */
  public List<X509Certificate> foreign() {
    return options.certificate() == null ? List.of() : List.of(shown.chain.getLast());
  }

  /** From now on, what changes is handed on. */
  public synchronized void start(Consumer<ServerTls> reload) {
    if (!closed) {
      timer = clock.schedule(LOOK_AGAIN, () -> look(reload));
    }
  }

  private void look(Consumer<ServerTls> reload) {
    try {
      List<FileTime> now = times();
      boolean soon =
          options.certificate() == null
              && shown
                  .chain
                  .getFirst()
                  .getNotAfter()
                  .toInstant()
                  .isBefore(clock.instant().plus(Pki.RENEW_BEFORE));
      if (soon || !now.equals(seen)) {
        renew(reload);
        seen = times();
      }
    } finally {
      start(reload);
    }
  }

  private void renew(Consumer<ServerTls> reload) {
    try {
      Shown fresh = read();
      if (fresh.chain.equals(shown.chain)
          && fresh.clientAuthorities.equals(shown.clientAuthorities)) {
        return;
      }
      reload.accept(fresh.tls);
      shown = fresh;
      LOG.info("the serving certificate or the clients' authorities were read again");
    } catch (IOException | StartException | IllegalArgumentException e) {
      // half-written files: they are looked at again as soon as they change
      LOG.error("the serving certificate stays as it was: {}", e.getMessage());
    }
  }

  private List<FileTime> times() {
    List<FileTime> times = new ArrayList<>(watched.size());
    for (Path file : watched) {
      try {
        times.add(Files.getLastModifiedTime(file));
      } catch (IOException e) {
        times.add(FileTime.fromMillis(0));
      }
    }
    return times;
  }

  @Override
  public synchronized void close() {
    closed = true;
    Clock.Timer running = timer;
    if (running != null) {
      running.cancel();
    }
  }
}
