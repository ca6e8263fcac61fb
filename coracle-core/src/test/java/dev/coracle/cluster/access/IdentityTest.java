package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Who one is and what one may, over real TLS connections. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdentityTest {

  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");

  private TestCluster cluster;
  private HttpClient http;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster = TestCluster.controlPlane(directory);
    KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
    trust.load(null, null);
    trust.setCertificateEntry(
        "ca",
        dev.coracle.auth.certificates.Pem.certificate(
            Files.readString(directory.resolve("data/pki/ca.crt"))));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    http = HttpClient.newBuilder().sslContext(context).build();
  }

  @AfterAll
  void stop() {
    http.close();
    cluster.close();
  }

  private HttpResponse<String> get(String path, String token)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(cluster.server() + path));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private void namespace(String name) {
    Client client = cluster.client();
    ObjectNode namespace = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
    namespace.putObject("metadata").put("name", name);
    client.create(NAMESPACES, "", namespace);
    await().until(() -> client.find(ACCOUNTS, name, "default") != null);
  }

  private String token(String namespace) {
    ObjectNode request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    request.putObject("spec");
    return cluster
        .client()
        .createSubresource(ACCOUNTS, namespace, "default", "token", request)
        .text("status", "token");
  }

  @Test
  void anonymous_isForbiddenWithAStatus() throws Exception {
    HttpResponse<String> answer = get("/api/v1/pods", "");
    assertThat(answer.statusCode()).isIn(401, 403);
    assertThat(Json.read(answer.body()).path("kind").asText()).isEqualTo("Status");
  }

  @Test
  void serviceAccountToken_isWhoItSays() throws Exception {
    namespace("who");
    HttpResponse<String> answer = get("/api/v1/namespaces/who/pods", token("who"));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(Json.read(answer.body()).path("message").asText())
        .isEqualTo(
            "pods is forbidden: User \"system:serviceaccount:who:default\" cannot list resource"
                + " \"pods\" in API group \"\" in the namespace \"who\"");
  }

  @Test
  void token_withARightByRoleBinding_works() throws Exception {
    namespace("bound");
    assertThat(
            cluster
                .kubectl(
                    "-n",
                    "bound",
                    "create",
                    "rolebinding",
                    "view",
                    "--clusterrole=view",
                    "--serviceaccount=bound:default")
                .exitCode())
        .isZero();
    String token = token("bound");
    await()
        .untilAsserted(
            () ->
                assertThat(get("/api/v1/namespaces/bound/pods", token).statusCode())
                    .isEqualTo(200));
    assertThat(get("/api/v1/namespaces/default/pods", token).statusCode()).isEqualTo(403);
    assertThat(get("/api/v1/namespaces/bound/secrets", token).statusCode()).isEqualTo(403);
  }

  @Test
  void token_withOneByteChanged_isRefused() throws Exception {
    namespace("forged");
    String token = token("forged");
    char last = token.charAt(token.length() - 2);
    String forged =
        token.substring(0, token.length() - 2)
            + (last == 'A' ? 'B' : 'A')
            + token.charAt(token.length() - 1);
    assertThat(get("/api", token).statusCode()).isEqualTo(200);
    assertThat(get("/api", forged).statusCode()).isEqualTo(401);
    String payload =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                "{\"iss\":\"kubernetes/serviceaccount\",\"sub\":\"system:admin\"}".getBytes());
    assertThat(get("/api", "eyJhbGciOiJub25lIn0." + payload + ".").statusCode()).isEqualTo(401);
  }

  @Test
  void token_ofADeletedAccount_isRefused() throws Exception {
    namespace("gone");
    String token = token("gone");
    assertThat(get("/api", token).statusCode()).isEqualTo(200);
    KubeObject account = cluster.client().get(ACCOUNTS, "gone", "default");
    cluster.client().delete(ACCOUNTS, "gone", "default", DeleteOptions.uid(account.uid()));
    await().untilAsserted(() -> assertThat(get("/api", token).statusCode()).isEqualTo(401));
  }

  @Test
  void kubectlAuth_answersForTheAdministratorAndOthers() throws Exception {
    assertThat(cluster.kubectl("auth", "can-i", "create", "pods").text()).startsWith("yes");
    assertThat(
            cluster
                .kubectl("auth", "can-i", "list", "secrets", "--as=system:serviceaccount:x:y")
                .text())
        .contains("no");
    assertThat(cluster.kubectl("auth", "whoami").text()).contains("kubernetes-admin");
  }
}
