package dev.coracle.apiserver;

import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthenticationRequest;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.CertificateVerifier;
import dev.coracle.auth.ClientCertificateAuthenticator;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.engine.MemoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * An API server alone, for tests and for trying things out: certificates of its own, a memory
 * store, the token {@code admin}, everybody else forbidden everything but health.
 */
final class DevServer implements AutoCloseable {

  static final String TOKEN = "admin";

  private final SystemClock clock = new SystemClock();
  private final ApiServer server;

  DevServer(Path directory) throws Exception {
    Pki pki = Pki.open(directory, Instant.now());
    KeyAndCertificate serving =
        pki.server("apiserver", "kube-apiserver", List.of("localhost"), List.of("127.0.0.1"));
    List<java.security.cert.X509Certificate> authorities = List.of(pki.authority().certificate());
    Authenticator authenticator =
        Authenticator.union(
            List.of(
                new ClientCertificateAuthenticator(
                    new CertificateVerifier(() -> authorities, clock)),
                DevServer::token));
    var registry =
        Registries.open(new MemoryStore(), RegistryConfig.of(clock, new SchemaAdapter()));
    server =
        ApiServer.start(
            ApiServerConfig.builder(registry)
                .auth(authenticator, DevServer.authorizer())
                .kubelet(ClientTls::trustingAnyone)
                .loopbackTargets(true)
                .http(
                    HttpServerOptions.loopback(
                        ServerTls.of(serving.key(), List.of(serving.certificate()))
                            .requestingClientCertificates(authorities)))
                .build());
  }

  private static Authenticator.Result token(AuthenticationRequest request) {
    String token = request.bearerToken();
    if (token == null) {
      return new Authenticator.Result.Anonymous();
    }
    return token.equals(TOKEN)
        ? new Authenticator.Result.Authenticated(
            UserInfo.of("admin", "system:masters", "system:authenticated"))
        : new Authenticator.Result.Rejected("an unknown token");
  }

  private static Authorizer authorizer() {
    return attributes ->
        attributes.user().groups().contains("system:masters")
                || attributes.path().equals("/healthz")
                || attributes.path().equals("/version")
            ? Authorizer.Answer.ALLOW
            : Authorizer.Answer.NO_OPINION;
  }

  ApiServer server() {
    return server;
  }

  String url() {
    return "https://127.0.0.1:" + server.port();
  }

  @Override
  public void close() {
    server.close();
    clock.close();
  }

  /** Runs until it is killed; the argument is a directory for keys and the kubeconfig. */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    DevServer dev = new DevServer(directory);
    String kubeconfig =
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: dev
          cluster: {server: "%s", certificate-authority: "%s"}
        users:
        - name: dev
          user: {token: "%s"}
        contexts:
        - name: dev
          context: {cluster: dev, user: dev}
        current-context: dev
        """
            .formatted(dev.url(), directory.resolve("ca.crt").toAbsolutePath(), TOKEN);
    Files.writeString(directory.resolve("kubeconfig"), kubeconfig);
    System.out.println(dev.url());
    Thread.currentThread().join();
  }
}
