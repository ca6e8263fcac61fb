package dev.coracle.auth.oidc;

import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import java.net.BindException;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.OAuth2Config;
import no.nav.security.mock.oauth2.http.MockWebServerWrapper;
import no.nav.security.mock.oauth2.http.Ssl;
import no.nav.security.mock.oauth2.http.SslKeystore;
import no.nav.security.mock.oauth2.token.KeyProvider;
import no.nav.security.mock.oauth2.token.OAuth2TokenProvider;

/** A real OpenID Connect provider over HTTPS, with an authority of its own. */
public final class Provider implements AutoCloseable {

  private static final String PASSWORD = "changeit";

  private final CertificateAuthority authority =
      CertificateAuthority.create("provider-ca", Instant.now(), Duration.ofDays(1));
  private MockOAuth2Server server;

  public Provider() throws Exception {
    server = newServer();
    server.start(InetAddress.getByName("localhost"), 0);
  }

  private MockOAuth2Server newServer() throws Exception {
    InetAddress local = InetAddress.getByName("localhost");
    KeyAndCertificate serving =
        authority.issue(
            CertificateAuthority.Request.server(
                "provider",
                List.of("localhost", local.getCanonicalHostName()),
                List.of("127.0.0.1"),
                Duration.ofDays(1)),
            Instant.now());
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "server", serving.key(), PASSWORD.toCharArray(), new Certificate[] {serving.certificate()});
    return new MockOAuth2Server(
        new OAuth2Config(
            false,
            null,
            null,
            false,
            new OAuth2TokenProvider(new KeyProvider(List.of(newKey()))),
            Set.of(),
            new MockWebServerWrapper(new Ssl(new SslKeystore(PASSWORD, store)))));
  }

  private static RSAKey newKey() throws JOSEException {
    return new RSAKeyGenerator(2048).keyID("any").generate();
  }

  /** The provider has other keys from now on. */
  public void changeKeys() throws Exception {
    int port = server.baseUrl().port();
    server.shutdown();
    // the listening socket closes on a thread of the server's own
    await()
        .ignoreExceptionsInstanceOf(BindException.class)
        .until(
            () -> {
              server = newServer();
              server.start(InetAddress.getByName("localhost"), port);
              return true;
            });
  }

  public String url() {
    return server.issuerUrl("acme").toString();
  }

  public List<X509Certificate> authorities() {
    return List.of(authority.certificate());
  }

  public String authorityPem() {
    return Pem.of(authority.certificate());
  }

  public String token(String subject, String audience, Map<String, Object> claims) {
    return token(subject, audience, claims, 3600);
  }

  public String token(
      String subject, String audience, Map<String, Object> claims, long expiresInSeconds) {
    return server.issueToken("acme", subject, audience, claims, expiresInSeconds).serialize();
  }

  /** Of another issuer of the same server. */
  public String foreignToken(String subject, String audience) {
    return server.issueToken("other", subject, audience, Map.of(), 3600).serialize();
  }

  /** Where clients get tokens. */
  public String tokenEndpoint() {
    return server.tokenEndpointUrl("acme").toString();
  }

  /** Its public key in PEM. */
  public byte[] publicKey() throws Exception {
    return server
        .getConfig()
        .getTokenProvider()
        .publicJwkSet("acme")
        .getKeys()
        .getFirst()
        .toRSAKey()
        .toRSAPublicKey()
        .getEncoded();
  }

  @Override
  public void close() {
    server.shutdown();
  }
}
