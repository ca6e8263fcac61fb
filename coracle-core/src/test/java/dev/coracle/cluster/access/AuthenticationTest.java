package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.auth.oidc.Provider;
import dev.coracle.client.webhook.WebhookServer;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.AuthenticationOptions;
import dev.coracle.cluster.options.AuthorizationOptions;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every authenticator at once, and webhooks for authorization, over real TLS connections. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthenticationTest {

  private static final GroupVersionResource SECRETS = GroupVersionResource.core("secrets");
  private static final String WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

  private Path directory;
  private Provider provider;
  private WebhookServer tokens;
  private WebhookServer access;
  private TestCluster cluster;

  @BeforeAll
  void start(@TempDir Path given) throws Exception {
    directory = given;
    provider = new Provider();
    tokens = new WebhookServer(AuthenticationTest::knowsLuke);
    access = new WebhookServer(AuthenticationTest::letsLukeReadPods);
    Path tokenFile = directory.resolve("tokens.csv");
    Files.writeString(tokenFile, "file-token-1,jane,u1,\"devs,ops\"\nfile-token-2,joe,u2\n\n");
    Path authentication = directory.resolve("authentication.yaml");
    Files.writeString(
        authentication,
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthenticationConfiguration
        anonymous: {enabled: true, conditions: [{path: /healthz}, {path: /livez}]}
        jwt:
        - issuer:
            url: %s
            audiences: [coracle]
            certificateAuthority: |
        %s
          claimMappings:
            username: {claim: sub, prefix: "acme:"}
        """
            .formatted(provider.url(), provider.authorityPem().indent(6).stripTrailing()));
    Path authorization = directory.resolve("authorization.yaml");
    Files.writeString(
        authorization,
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthorizationConfiguration
        authorizers:
        - {type: Node, name: node}
        - {type: RBAC, name: rbac}
        - type: Webhook
          name: mine
          webhook:
            authorizedTTL: 1m
            unauthorizedTTL: 1m
            timeout: 30s
            subjectAccessReviewVersion: v1
            matchConditionSubjectAccessReviewVersion: v1
            failurePolicy: Deny
            connectionInfo: {type: KubeConfigFile, kubeConfigFile: access.kubeconfig}
            matchConditions:
            - expression: request.user.startsWith('hook:')
            - expression: has(request.resourceAttributes)
        """);
    Files.writeString(directory.resolve("access.kubeconfig"), kubeconfig(access));
    Path webhook = Files.writeString(directory.resolve("tokens.kubeconfig"), kubeconfig(tokens));
    ClusterOptions options =
        TestCluster.options(
            directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.CONTROLPLANE);
    cluster =
        TestCluster.start(
            options.toBuilder()
                .server(
                    options
                        .server()
                        .withAuth(
                            new AuthenticationOptions(
                                null,
                                authentication,
                                tokenFile,
                                true,
                                null,
                                new AuthenticationOptions.Webhook(
                                    webhook, "v1", Duration.ofMinutes(2)),
                                null,
                                null,
                                AuthenticationOptions.FrontProxy.USUAL,
                                AuthenticationOptions.ServiceAccounts.USUAL),
                            new AuthorizationOptions(List.of(), authorization, null)))
                .build());
  }

  @AfterAll
  void stop() {
    cluster.close();
    access.close();
    tokens.close();
    provider.close();
  }

  private static String kubeconfig(WebhookServer server) {
    return """
        apiVersion: v1
        kind: Config
        clusters: [{name: a, cluster: {server: '%s', certificate-authority-data: %s}}]
        contexts: [{name: a, context: {cluster: a, user: ''}}]
        current-context: a
        """
        .formatted(server.url("/review"), server.caBundle());
  }

  private static JsonNode knowsLuke(ObjectNode review) {
    ObjectNode status = review.putObject("status");
    String token = review.path("spec").path("token").asText();
    if (token.equals("hook-token")) {
      status.put("authenticated", true);
      ObjectNode user = status.putObject("user").put("username", "hook:luke").put("uid", "42");
      user.putArray("groups").add("rebels");
      user.putObject("extra").putArray("side").add("light");
    } else if (token.equals("hook-other-audience")) {
      status.put("authenticated", true).putObject("user").put("username", "hook:vader");
      status.putArray("audiences").add("empire");
    } else {
      status.put("authenticated", false);
    }
    return review;
  }

  private static JsonNode letsLukeReadPods(ObjectNode review) {
    JsonNode spec = review.path("spec");
    JsonNode resource = spec.path("resourceAttributes");
    ObjectNode status = review.putObject("status");
    boolean selected =
        resource
            .path("fieldSelector")
            .path("requirements")
            .path(0)
            .path("key")
            .asText()
            .equals("spec.nodeName");
    status.put(
        "allowed",
        spec.path("user").asText().equals("hook:luke")
            && resource.path("resource").asText().equals("pods")
            && selected);
    if (resource.path("resource").asText().equals("secrets")) {
      status.put("denied", true).put("reason", "no secrets, luke");
    }
    return review;
  }

  private HttpClient http(@Nullable KeyAndCertificate identity) throws Exception {
    KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
    trust.load(null, null);
    trust.setCertificateEntry(
        "ca", Pem.certificate(Files.readString(directory.resolve("data/pki/ca.crt"))));
    TrustManagerFactory trusting =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusting.init(trust);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    if (identity != null) {
      own.setKeyEntry(
          "me",
          identity.key(),
          new char[0],
          new java.security.cert.Certificate[] {identity.certificate()});
    }
    keys.init(own, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusting.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }

  private HttpResponse<String> ask(
      @Nullable KeyAndCertificate identity, String path, String body, String... headers)
      throws Exception {
    try (HttpClient http = http(identity)) {
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(cluster.server() + path));
      if (headers.length > 0) {
        request.headers(headers);
      }
      if (!body.isEmpty()) {
        request
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
      }
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private JsonNode whoAmI(@Nullable KeyAndCertificate identity, String... headers)
      throws Exception {
    HttpResponse<String> answer =
        ask(
            identity,
            WHO,
            "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}",
            headers);
    return answer.statusCode() == 201
        ? Json.read(answer.body()).path("status").path("userInfo")
        : Json.object().put("code", answer.statusCode());
  }

  private JsonNode byToken(String token) throws Exception {
    return whoAmI(null, "Authorization", "Bearer " + token);
  }

  @Test
  void tokenFile_namesUserUidAndGroups() throws Exception {
    JsonNode jane = byToken("file-token-1");
    assertThat(jane.path("username").asText()).isEqualTo("jane");
    assertThat(jane.path("uid").asText()).isEqualTo("u1");
    assertThat(jane.path("groups").toString())
        .isEqualTo("[\"devs\",\"ops\",\"system:authenticated\"]");
    assertThat(byToken("file-token-2").path("username").asText()).isEqualTo("joe");
    assertThat(byToken("file-token-3").path("code").asInt()).isEqualTo(401);
    assertThat(byToken("file-token-1 ").path("username").asText()).isEqualTo("jane");
  }

  private void bootstrapToken(String id, String extra) {
    cluster
        .client()
        .create(
            SECRETS,
            "kube-system",
            (ObjectNode)
                Yaml.read(
                    """
                    apiVersion: v1
                    kind: Secret
                    metadata: {name: bootstrap-token-%1$s}
                    type: bootstrap.kubernetes.io/token
                    data:
                      token-id: %2$s
                      token-secret: %3$s
                    %4$s
                    """
                        .formatted(id, base64(id), base64("0123456789abcdef"), extra.indent(2))
                        .getBytes(StandardCharsets.UTF_8)));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void bootstrapToken_isAMachineThatJoins() throws Exception {
    String usage = "usage-bootstrap-authentication: " + base64("true");
    bootstrapToken(
        "abcdef", usage + "\nauth-extra-groups: " + base64("system:bootstrappers:workers"));
    JsonNode machine = byToken("abcdef.0123456789abcdef");
    assertThat(machine.path("username").asText()).isEqualTo("system:bootstrap:abcdef");
    assertThat(machine.path("groups").toString())
        .isEqualTo(
            "[\"system:bootstrappers\",\"system:bootstrappers:workers\",\"system:authenticated\"]");
    assertThat(byToken("abcdef.0123456789abcdee").path("code").asInt()).isEqualTo(401);
    bootstrapToken("unused", "");
    assertThat(byToken("unused.0123456789abcdef").path("code").asInt()).isEqualTo(401);
    bootstrapToken("oldold", usage + "\nexpiration: " + base64("2020-01-01T00:00:00Z"));
    assertThat(byToken("oldold.0123456789abcdef").path("code").asInt()).isEqualTo(401);
    bootstrapToken("futur1", usage + "\nexpiration: " + base64("2099-01-01T00:00:00Z"));
    assertThat(byToken("futur1.0123456789abcdef").path("username").asText())
        .isEqualTo("system:bootstrap:futur1");
    bootstrapToken("badgrp", usage + "\nauth-extra-groups: " + base64("system:masters"));
    assertThat(byToken("badgrp.0123456789abcdef").path("code").asInt()).isEqualTo(401);
    KubeObject unused =
        cluster
            .client()
            .delete(SECRETS, "kube-system", "bootstrap-token-abcdef", DeleteOptions.DEFAULT);
    assertThat(byToken("abcdef.0123456789abcdef").path("code").asInt()).isEqualTo(401);
  }

  @Test
  void oidcToken_isTheProvidersUser() throws Exception {
    assertThat(byToken(provider.token("ann", "coracle", Map.of())).path("username").asText())
        .isEqualTo("acme:ann");
    assertThat(byToken(provider.token("ann", "shop", Map.of())).path("code").asInt())
        .isEqualTo(401);
    assertThat(byToken(provider.token("ann", "coracle", Map.of(), -60)).path("code").asInt())
        .isEqualTo(401);
  }

  @Test
  void webhook_knowsTokens_andIsAskedOnce() throws Exception {
    tokens.asked().clear();
    JsonNode luke = byToken("hook-token");
    assertThat(luke.path("username").asText()).isEqualTo("hook:luke");
    assertThat(luke.path("uid").asText()).isEqualTo("42");
    assertThat(luke.path("groups").toString()).isEqualTo("[\"rebels\",\"system:authenticated\"]");
    assertThat(luke.path("extra").toString()).isEqualTo("{\"side\":[\"light\"]}");
    assertThat(byToken("hook-token").path("username").asText()).isEqualTo("hook:luke");
    assertThat(
            tokens.asked().stream()
                .filter(
                    each -> each.review().path("spec").path("token").asText().equals("hook-token")))
        .hasSizeLessThanOrEqualTo(1);
    assertThat(byToken("hook-other-audience").path("code").asInt()).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({"/healthz, 200", "/livez, 200", "/version, 401", "/api, 401", "/readyz, 401"})
  void anonymous_isServedWhereTheConfigurationSays(String path, int code) throws Exception {
    HttpResponse<String> answer = ask(null, path, "");
    assertThat(answer.statusCode()).isEqualTo(code);
    if (code == 401) {
      assertThat(Json.read(answer.body()).path("message").asText()).isEqualTo("Unauthorized");
    }
  }

  @Test
  void changedConfiguration_isReadAgain() throws Exception {
    Path file = directory.resolve("authentication.yaml");
    String before = Files.readString(file);
    try {
      Files.writeString(file, "nonsense: [");
      assertThat(byToken(provider.token("bea", "coracle", Map.of())).path("username").asText())
          .isEqualTo("acme:bea");
      Files.writeString(file, before.replace("acme:", "other:").replace("/livez", "/readyz"));
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(
                          byToken(provider.token("bea", "coracle", Map.of()))
                              .path("username")
                              .asText())
                      .isEqualTo("other:bea"));
      assertThat(ask(null, "/livez", "").statusCode()).isEqualTo(401);
    } finally {
      Files.writeString(file, before);
      Awaitility.await().until(() -> ask(null, "/livez", "").statusCode() == 200);
    }
  }

  @Test
  void badToken_isNeverAnonymous() throws Exception {
    assertThat(ask(null, "/healthz", "", "Authorization", "Bearer nonsense").statusCode())
        .isEqualTo(401);
  }

  private KeyAndCertificate proxy(String commonName) throws IOException {
    Path pki = directory.resolve("data/pki");
    Awaitility.await().until(() -> Files.exists(pki.resolve("front-proxy-ca.crt")));
    return new CertificateAuthority(
            new KeyAndCertificate(
                Pem.privateKey(Files.readString(pki.resolve("front-proxy-ca.key"))),
                Pem.certificate(Files.readString(pki.resolve("front-proxy-ca.crt")))))
        .issue(
            CertificateAuthority.Request.client(commonName, List.of(), Duration.ofDays(1)),
            Instant.now());
  }

  @Test
  void frontProxy_namesTheUser() throws Exception {
    String[] headers = {
      "X-Remote-User", "zoe",
      "X-Remote-Uid", "z1",
      "X-Remote-Group", "crew",
      "X-Remote-Group", "captains",
      "X-Remote-Extra-Acme.com%2fShip", "serenity"
    };
    JsonNode zoe = whoAmI(proxy("front-proxy-client"), headers);
    assertThat(zoe.path("username").asText()).isEqualTo("zoe");
    assertThat(zoe.path("uid").asText()).isEqualTo("z1");
    assertThat(zoe.path("groups").toString())
        .isEqualTo("[\"crew\",\"captains\",\"system:authenticated\"]");
    assertThat(zoe.path("extra").toString()).isEqualTo("{\"acme.com/ship\":[\"serenity\"]}");
    assertThat(whoAmI(proxy("somebody"), headers).path("code").asInt()).isEqualTo(401);
    assertThat(whoAmI(null, headers).path("code").asInt()).isEqualTo(401);
    // The headers mean nothing from others, however good their credentials.
    String[] withToken = {"X-Remote-User", "zoe", "Authorization", "Bearer file-token-1"};
    assertThat(whoAmI(null, withToken).path("username").asText()).isEqualTo("jane");
  }

  @Test
  void certificateOfAForeignAuthority_isRefused() throws Exception {
    KeyAndCertificate foreign =
        CertificateAuthority.create("coracle-ca", Instant.now(), Duration.ofDays(1))
            .issue(
                CertificateAuthority.Request.client(
                    "root", List.of("system:masters"), Duration.ofDays(1)),
                Instant.now());
    assertThat(whoAmI(foreign).path("code").asInt()).isEqualTo(401);
  }

  @Test
  void webhook_authorizes_denies_andIsNotAskedAboutOthers() throws Exception {
    String luke = "Bearer hook-token";
    String pods = "/api/v1/pods?fieldSelector=spec.nodeName%3Da";
    assertThat(ask(null, pods, "", "Authorization", luke).statusCode()).isEqualTo(200);
    assertThat(ask(null, "/api/v1/pods", "", "Authorization", luke).statusCode()).isEqualTo(403);
    HttpResponse<String> secrets = ask(null, "/api/v1/secrets", "", "Authorization", luke);
    assertThat(secrets.statusCode()).isEqualTo(403);
    assertThat(Json.read(secrets.body()).path("message").asText())
        .isEqualTo(
            "secrets is forbidden: User \"hook:luke\" cannot list resource \"secrets\" in API group"
                + " \"\" at the cluster scope: no secrets, luke");
    access.asked().clear();
    assertThat(ask(null, pods, "", "Authorization", "Bearer file-token-1").statusCode())
        .isEqualTo(403);
    assertThat(ask(null, "/metrics", "", "Authorization", luke).statusCode()).isEqualTo(403);
    assertThat(access.asked()).isEmpty();
  }

  @Test
  void webhookThatFails_denies() throws Exception {
    access.status(400);
    try {
      HttpResponse<String> answer =
          ask(null, "/api/v1/configmaps", "", "Authorization", "Bearer hook-token");
      assertThat(answer.statusCode()).isEqualTo(403);
    } finally {
      access.status(200);
    }
  }

  private static void refused(AuthorizationOptions what, String why) {
    assertThatThrownBy(
            () ->
                new Authorizers(
                    what,
                    () -> {
                      throw new IllegalStateException();
                    },
                    attributes -> dev.coracle.auth.Authorizer.Answer.NO_OPINION,
                    Instant::now))
        .isInstanceOf(StartException.class)
        .hasMessageContaining(why);
  }

  @Test
  void badFiles_areNamed() throws Exception {
    Path file = directory.resolve("bad.yaml");
    Files.writeString(file, "kind: AuthorizationConfiguration\n");
    refused(
        new AuthorizationOptions(List.of(), file, null),
        "--authorization-config: " + file + " can't be used: expected apiVersion");
    Files.writeString(
        file,
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthorizationConfiguration
        authorizers: [{type: RBAC, name: a}, {type: RBAC, name: b}]
        """);
    refused(
        new AuthorizationOptions(List.of(), file, null),
        "authorizers[1].type: Duplicate value: \"RBAC\"");
    refused(new AuthorizationOptions(List.of(), directory.resolve("none"), null), "no such");
    refused(
        new AuthorizationOptions(List.of(AuthorizationOptions.Mode.WEBHOOK), null, null),
        "authorization config file not passed");
  }
}
