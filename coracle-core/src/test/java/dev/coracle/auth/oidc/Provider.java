package dev.coracle.auth.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.OAuth2Config;
import no.nav.security.mock.oauth2.http.MockWebServerWrapper;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponseKt;
import no.nav.security.mock.oauth2.http.OAuth2HttpRouterKt;
import no.nav.security.mock.oauth2.http.Ssl;
import no.nav.security.mock.oauth2.http.SslKeystore;
import no.nav.security.mock.oauth2.token.KeyProvider;
import no.nav.security.mock.oauth2.token.OAuth2TokenProvider;

/** A real OpenID Connect provider over HTTPS, with an authority of its own. */
public final class Provider implements AutoCloseable {

  private static final String PASSWORD = "changeit";
  private static final String ISSUER = "acme";

  private final CertificateAuthority authority =
      CertificateAuthority.create("provider-ca", Instant.now(), Duration.ofDays(1));
  private final MockOAuth2Server server;
  private volatile OAuth2TokenProvider signer = newSigner();

  public Provider() throws Exception {
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
    server =
        new MockOAuth2Server(
            new OAuth2Config(
                false,
                null,
                null,
                false,
                signer,
                Set.of(),
                new MockWebServerWrapper(new Ssl(new SslKeystore(PASSWORD, store)))),
            OAuth2HttpRouterKt.get(
                "/" + ISSUER + "/jwks",
                request -> OAuth2HttpResponseKt.json(signer.publicJwkSet(ISSUER).toJSONObject())));
    server.start(local, 0);
  }

  private static OAuth2TokenProvider newSigner() throws JOSEException {
    return new OAuth2TokenProvider(
        new KeyProvider(List.of(new RSAKeyGenerator(2048).keyID("any").generate())));
  }

  /** The provider has other keys from now on, under the same names. */
  public void changeKeys() throws Exception {
    signer = newSigner();
  }

  public String url() {
    return server.issuerUrl(ISSUER).toString();
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
    Map<String, Object> all = new HashMap<>();
    all.put("iss", url());
    all.put("sub", subject);
    all.put("aud", List.of(audience));
    all.put("jti", UUID.randomUUID().toString());
    all.putAll(claims);
    return signer.jwt(all, Duration.ofSeconds(expiresInSeconds), ISSUER).serialize();
  }

  /** Of another issuer of the same server. */
  public String foreignToken(String subject, String audience) {
    return server.issueToken("other", subject, audience, Map.of(), 3600).serialize();
  }

  /** Where clients get tokens. */
  public String tokenEndpoint() {
    return server.tokenEndpointUrl(ISSUER).toString();
  }

  /** Its public key in PEM. */
  public byte[] publicKey() throws Exception {
    return signer
        .publicJwkSet(ISSUER)
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
