package dev.coracle.client.config;

import dev.coracle.http.tls.PemReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * An API server and an identity, as a kubeconfig or a Pod's files give them.
 *
 * @param server with scheme, host, port and perhaps a path
 * @param serverName for verification instead of the host; empty for the host
 * @param insecure accepts any server certificate
 * @param authorities PEM; nothing for the system's
 * @param certificate the client's, PEM
 * @param key the client's, PEM
 * @param token a bearer token
 * @param basic {@code user:password} for basic authentication; empty for none
 * @param namespace for requests that name none
 */
public record ConnectionConfig(
    URI server,
    String serverName,
    boolean insecure,
    Material authorities,
    Material certificate,
    Material key,
    Material token,
    String basic,
    String namespace) {

  private static final String SERVICE_ACCOUNT = "var/run/secrets/kubernetes.io/serviceaccount";

  /** A server with a bearer token, for tests and tools. */
  public static ConnectionConfig of(URI server, Material authorities, Material token) {
    return new ConnectionConfig(
        server, "", false, authorities, Material.NONE, Material.NONE, token, "", "default");
  }

  public ConnectionConfig withClientCertificate(Material clientCertificate, Material clientKey) {
    return new ConnectionConfig(
        server,
        serverName,
        insecure,
        authorities,
        clientCertificate,
        clientKey,
        token,
        basic,
        namespace);
  }

  /**
   * The authorities of the server's certificate.
   *
   * @throws IOException in a sentence that says where they are and what is wrong with them
   */
  public List<X509Certificate> trusted() throws IOException {
    return certificates(authorities, "certificate-authority");
  }

  /**
   * The client's certificate and those that lead to its authority.
   *
   * @throws IOException as {@link #trusted}
   */
  public List<X509Certificate> chain() throws IOException {
    return certificates(certificate, "client-certificate");
  }

  private static List<X509Certificate> certificates(Material material, String field)
      throws IOException {
    String file = material instanceof Material.InFile in ? in.path().toString() : "";
    String place = file.isEmpty() ? field + "-data of the kubeconfig" : field + " " + file;
    try {
      return PemReader.certificates(material.read());
    } catch (NoSuchFileException e) {
      throw new IOException("unable to read " + place + ": no such file or directory", e);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "unable to load certificates from "
              + place
              + ": "
              + e.getMessage()
              + (file.isEmpty()
                  ? "; it must be PEM (-----BEGIN CERTIFICATE-----) in base64"
                  : "; it must be PEM (-----BEGIN CERTIFICATE-----)"),
          e);
    }
  }

  /** Another text when one of the files that TLS is spoken with has changed. */
  public String tlsVersion() {
    return authorities.version() + certificate.version() + key.version();
  }

  /**
   * The {@code Authorization} header, read anew; empty for none.
   *
   * @throws IOException when the token can't be read or is none
   */
  public String authorization() throws IOException {
    if (token.isPresent()) {
      String bearer = new String(token.read(), StandardCharsets.UTF_8).trim();
      if (bearer.isEmpty()) {
        throw new IOException("the bearer token is empty");
      }
      for (int i = 0; i < bearer.length(); i++) {
        if (bearer.charAt(i) < ' ' || bearer.charAt(i) >= 0x7f) {
          throw new IOException("the bearer token has characters that no header may have");
        }
      }
      return "Bearer " + bearer;
    }
    return basic.isEmpty()
        ? ""
        : "Basic " + Base64.getEncoder().encodeToString(basic.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether this process runs in a Pod with a ServiceAccount. */
  public static boolean isInCluster(Map<String, String> environment, Path root) {
    return environment.containsKey("KUBERNETES_SERVICE_HOST")
        && environment.containsKey("KUBERNETES_SERVICE_PORT")
        && Files.isReadable(root.resolve(SERVICE_ACCOUNT).resolve("token"));
  }

  /**
   * What a Pod's environment and ServiceAccount volume say.
   *
   * @param root of the file system, {@code /} except in tests
   * @throws IOException when a part is missing
   */
  public static ConnectionConfig inCluster(Map<String, String> environment, Path root)
      throws IOException {
    String host = environment.get("KUBERNETES_SERVICE_HOST");
    String port = environment.get("KUBERNETES_SERVICE_PORT");
    if (host == null || port == null) {
      throw new IOException(
          "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and"
              + " KUBERNETES_SERVICE_PORT must be defined");
    }
    Path files = root.resolve(SERVICE_ACCOUNT);
    Path namespaceFile = files.resolve("namespace");
    String namespace =
        Files.isReadable(namespaceFile)
            ? new String(Files.readAllBytes(namespaceFile), StandardCharsets.UTF_8).trim()
            : "default";
    if (!Files.isReadable(files.resolve("token"))) {
      throw new IOException("open " + files.resolve("token") + ": no such file or directory");
    }
    Path authorities = files.resolve("ca.crt");
    return of(
            URI.create("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port),
            Files.isReadable(authorities) ? new Material.InFile(authorities) : Material.NONE,
            new Material.InFile(files.resolve("token")))
        .withNamespace(namespace);
  }

  public ConnectionConfig withNamespace(String name) {
    return new ConnectionConfig(
        server, serverName, insecure, authorities, certificate, key, token, basic, name);
  }
}
