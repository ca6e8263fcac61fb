package dev.coracle.cluster.pki;

import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.CertificateAuthority.Request;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.cluster.data.PrivateFiles;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The cluster's keys and certificates, in {@code pki/} of the data directory: made at the first
 * start, kept afterwards, renewed when they would soon expire or no longer name what they must.
 * Private keys are readable by their owner only.
 */
public final class Pki {

  private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(3650);
  private static final Duration VALIDITY = Duration.ofDays(365);
  static final Duration RENEW_BEFORE = Duration.ofDays(30);

  private final Path directory;
  private final InstantSource clock;
  private final CertificateAuthority authority;
  private final CertificateAuthority frontProxy;
  private final PrivateKey tokenKey;
  private final PublicKey tokenPublicKey;
  private volatile String foreignPem = "";

  private Pki(
      Path directory,
      InstantSource clock,
      CertificateAuthority authority,
      CertificateAuthority frontProxy,
      PrivateKey tokenKey,
      PublicKey tokenPublicKey) {
    this.directory = directory;
    this.clock = clock;
    this.authority = authority;
    this.frontProxy = frontProxy;
    this.tokenKey = tokenKey;
    this.tokenPublicKey = tokenPublicKey;
  }

  /** Reads what is there and makes what is missing. */
  public static Pki open(Path directory, Instant now) throws IOException {
    return open(directory, InstantSource.fixed(now));
  }

  /** As above, for a process that lives long enough to renew certificates. */
  public static Pki open(Path directory, InstantSource clock) throws IOException {
    Instant now = clock.instant();
    PrivateFiles.createDirectories(directory);
    CertificateAuthority authority = authority(directory, "ca", "coracle-ca", now);
    CertificateAuthority frontProxy = authority(directory, "front-proxy-ca", "front-proxy-ca", now);
    Path saKey = directory.resolve("sa.key");
    Path saPublic = directory.resolve("sa.pub");
    PrivateKey tokenKey;
    PublicKey tokenPublicKey;
    if (Files.exists(saKey) && Files.exists(saPublic)) {
      tokenKey = read(saKey, Pem::privateKey);
      tokenPublicKey = read(saPublic, Pem::publicKey);
    } else {
      KeyPair pair = CertificateAuthority.newKeyPair();
      tokenKey = pair.getPrivate();
      tokenPublicKey = pair.getPublic();
      PrivateFiles.write(saKey, Pem.encode("PRIVATE KEY", tokenKey.getEncoded()));
      PrivateFiles.writeReadable(saPublic, Pem.of(tokenPublicKey));
    }
    return new Pki(directory, clock, authority, frontProxy, tokenKey, tokenPublicKey);
  }

  private static CertificateAuthority authority(
      Path directory, String file, String commonName, Instant now) throws IOException {
    Path key = directory.resolve(file + ".key");
    Path certificate = directory.resolve(file + ".crt");
    if (Files.exists(key) && Files.exists(certificate)) {
      return new CertificateAuthority(
          new KeyAndCertificate(read(key, Pem::privateKey), read(certificate, Pem::certificate)));
    }
    CertificateAuthority made = CertificateAuthority.create(commonName, now, AUTHORITY_VALIDITY);
    PrivateFiles.write(key, made.keyAndCertificate().keyPem());
    PrivateFiles.writeReadable(certificate, made.keyAndCertificate().certificatePem());
    return made;
  }

  private static <T> T read(Path file, Function<String, T> pem) throws IOException {
    try {
      return pem.apply(Files.readString(file));
    } catch (IllegalArgumentException e) {
      throw new StartException(
          StartException.Kind.FAILED,
          file
              + " is of no use: "
              + e.getMessage()
              + "; put it back, or delete the cluster with its keys by 'coracle reset'",
          e);
    }
  }

  public CertificateAuthority authority() {
    return authority;
  }

  /** What clients of the API server trust. */
  public String authorityPem() {
    return authority.keyAndCertificate().certificatePem() + foreignPem;
  }

  /** The API server shows a certificate of somebody else's: clients must trust this as well. */
  public void trustAlso(List<X509Certificate> foreign) {
    StringBuilder pem = new StringBuilder();
    foreign.forEach(certificate -> pem.append(Pem.of(certificate)));
    foreignPem = pem.toString();
  }

  /** The files of a certificate that {@link #server} or {@link #client} keeps. */
  public List<Path> files(String name) {
    return List.of(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
  }

  /** Signs ServiceAccount tokens. */
  public PrivateKey tokenKey() {
    return tokenKey;
  }

  public PublicKey tokenPublicKey() {
    return tokenPublicKey;
  }

  /** What proves to extension servers that a request has passed this API server. */
  public record FrontProxy(KeyAndCertificate client, String authorityPem) {}

  /** Signs the certificates of front proxies. */
  public CertificateAuthority frontProxyAuthority() {
    return frontProxy;
  }

  /**
   * What proves to extension servers that a request has passed this API server: a certificate of an
   * authority of its own, so that no other can claim it.
   */
  public KeyAndCertificate frontProxyClient() {
    return frontProxy.issue(
        Request.client("front-proxy-client", List.of(), VALIDITY), clock.instant());
  }

  /** The key and certificate of a client: {@code NAME.key} and {@code NAME.crt}. */
  public KeyAndCertificate client(String file, String user, List<String> groups)
      throws IOException {
    return keep(file, Request.client(user, groups, VALIDITY), CertificateAuthority::newKeyPair);
  }

  /**
   * As {@link #client}, with an RSA key: fabric8's client reads no other from a kubeconfig.
   *
   * @param passing whether the cluster is gone with its process; such clusters share one key pair,
   *     because making one takes longer than all else in their start
   */
  public KeyAndCertificate rsaClient(String file, String user, List<String> groups, boolean passing)
      throws IOException {
    return keep(
        file,
        Request.client(user, groups, VALIDITY),
        passing ? () -> OfThisProcess.RSA : CertificateAuthority::newRsaKeyPair);
  }

  private static final class OfThisProcess {
    static final KeyPair RSA = CertificateAuthority.newRsaKeyPair();
  }

  /** The key and certificate of a server: {@code NAME.key} and {@code NAME.crt}. */
  public KeyAndCertificate server(
      String file, String commonName, List<String> dnsNames, List<String> ipAddresses)
      throws IOException {
    return keep(
        file,
        Request.server(commonName, dnsNames, ipAddresses, VALIDITY),
        CertificateAuthority::newKeyPair);
  }

  private KeyAndCertificate keep(String file, Request request, Supplier<KeyPair> newKey)
      throws IOException {
    Path keyFile = directory.resolve(file + ".key");
    Path certificateFile = directory.resolve(file + ".crt");
    if (Files.exists(keyFile) && Files.exists(certificateFile)) {
      X509Certificate certificate = Pem.certificate(Files.readString(certificateFile));
      if (stillGood(certificate, request)) {
        return new KeyAndCertificate(Pem.privateKey(Files.readString(keyFile)), certificate);
      }
    }
    KeyAndCertificate issued = authority.issue(request, newKey.get(), clock.instant());
    PrivateFiles.write(keyFile, issued.keyPem());
    PrivateFiles.writeReadable(certificateFile, issued.certificatePem());
    return issued;
  }

  private boolean stillGood(X509Certificate certificate, Request request) {
    if (certificate.getNotAfter().toInstant().isBefore(clock.instant().plus(RENEW_BEFORE))) {
      return false;
    }
    if (!certificate
        .getIssuerX500Principal()
        .equals(authority.certificate().getSubjectX500Principal())) {
      return false;
    }
    Set<String> names = new HashSet<>();
    try {
      var alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        alternatives.forEach(alternative -> names.add(String.valueOf(alternative.get(1))));
      }
    } catch (CertificateParsingException e) {
      return false;
    }
    return names.containsAll(request.dnsNames()) && names.containsAll(request.ipAddresses());
  }
}
