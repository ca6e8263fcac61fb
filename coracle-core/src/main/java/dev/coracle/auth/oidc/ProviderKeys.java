package dev.coracle.auth.oidc;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.coracle.api.Json;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpOrigins;
import dev.coracle.http.tls.ClientTls;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A provider's public keys: found by its discovery document (OpenID Connect Discovery 1.0), read
 * when they are first needed, and again when a token is signed by none of them, but not more often
 * than every second.
 */
final class ProviderKeys {

  private static final int MOST_BYTES = 1 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final JwtIssuer issuer;
  private final HttpOrigins origins;
  private final InstantSource clock;
  private volatile @Nullable List<JWK> keys;
  private Instant readAt = Instant.MIN;
  private @Nullable String failure;

  ProviderKeys(JwtIssuer issuer, HttpOrigins origins, InstantSource clock) {
    this.issuer = issuer;
    this.origins = origins;
    this.clock = clock;
  }

  /**
   * The keys that are known.
   *
   * @throws IOException when none could be read yet
   */
  List<JWK> keys() throws IOException {
    List<JWK> known = keys;
    return known == null ? refresh(null) : known;
  }

  /**
   * Reads them again, unless somebody did just now.
   *
   * @param tried what did not do; null for none
   * @throws IOException when none could be read
   */
  synchronized List<JWK> refresh(@Nullable List<JWK> tried) throws IOException {
    List<JWK> known = keys;
    if (known != null && known != tried) {
      return known;
    }
    Instant now = clock.instant();
    if (now.isBefore(readAt.equals(Instant.MIN) ? now : readAt.plus(PAUSE))) {
      if (known == null) {
        throw new IOException(String.valueOf(failure));
      }
      return known;
    }
    readAt = now;
    try {
      List<JWK> read = read();
      keys = read;
      return read;
    } catch (IOException e) {
      failure = e.getMessage();
      if (known == null) {
        throw e;
      }
      return known;
    }
  }

  private List<JWK> read() throws IOException {
    String at =
        issuer.discoveryUrl().isEmpty()
            ? (issuer.url().endsWith("/")
                    ? issuer.url().substring(0, issuer.url().length() - 1)
                    : issuer.url())
                + "/.well-known/openid-configuration"
            : issuer.discoveryUrl();
    JsonNode document = json(at);
    String told = document.path("issuer").asText("");
    if (!told.equals(issuer.url())) {
      throw new IOException(
          "oidc: issuer did not match the issuer returned by provider, expected \""
              + issuer.url()
              + "\" got \""
              + told
              + "\"");
    }
    String keysAt = document.path("jwks_uri").asText("");
    if (!keysAt.startsWith("https://")) {
      throw new IOException("oidc: the provider's jwks_uri is not an https URL: " + keysAt);
    }
    try {
      return JWKSet.parse(new String(Json.write(json(keysAt)), StandardCharsets.UTF_8)).getKeys();
    } catch (ParseException e) {
      throw new IOException("oidc: failed to decode keys: " + e.getMessage(), e);
    }
  }

  private JsonNode json(String url) throws IOException {
    URI uri = URI.create(url);
    String host = uri.getHost();
    if (host == null) {
      throw new IOException("oidc: no host in " + url);
    }
    String plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    String target =
        (uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath())
            + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
    try (ClientResponse response =
        origins
            .origin(
                plain,
                uri.getPort() < 0 ? 443 : uri.getPort(),
                ClientTls.trusting(issuer.authorities()).withServerName(plain),
                uri.getRawAuthority())
            .send(
                ClientRequest.of("GET", target, Headers.of("Accept", "application/json")),
                TIMEOUT)) {
      byte[] body = response.readBody(MOST_BYTES);
      if (response.status() != 200) {
        throw new IOException("oidc: get " + url + ": status " + response.status());
      }
      return Json.read(body);
    } catch (IllegalArgumentException e) {
      throw new IOException("oidc: get " + url + ": " + e.getMessage(), e);
    }
  }
}
