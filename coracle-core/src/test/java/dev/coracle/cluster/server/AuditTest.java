package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.audit.AuditConfig;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.ClusterOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The audit log of a whole server, as kubectl makes it. */
class AuditTest {

  private static final String POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitManagedFields: true
      rules:
        - level: None
          users: ["system:apiserver"]
        - level: None
          userGroups: ["system:nodes", "system:serviceaccounts"]
        - level: None
          users: ["system:kube-scheduler", "system:kube-controller-manager"]
        - level: RequestResponse
          resources: [{group: "", resources: ["configmaps"]}]
          omitStages: ["RequestReceived"]
        - level: Request
          resources: [{group: "", resources: ["serviceaccounts"]}]
        - level: Metadata
          resources: [{group: "", resources: ["secrets"]}]
          namespaces: ["default"]
        - level: Metadata
          nonResourceURLs: ["/version*"]
        - level: Metadata
          verbs: ["create"]
          resources: [{group: "", resources: ["pods"]}]
        - level: Metadata
          verbs: ["watch", "impersonate"]
          omitStages: []
      """;

  @TempDir private static Path directory;
  private static Path log;
  private static TestCluster cluster;

  @BeforeAll
  static void start() throws IOException {
    Path policy = Files.writeString(directory.resolve("policy.yaml"), POLICY);
    log = directory.resolve("audit.log");
    cluster =
        TestCluster.start(
            TestCluster.options(
                    directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.CONTROLPLANE)
                .toBuilder()
                .server(
                    ApiServerOptions.DEFAULTS.withAudit(
                        new AuditConfig(policy, AuditConfig.Log.of(log.toString()), null)))
                .build());
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static List<JsonNode> events(Predicate<JsonNode> wanted) {
    try {
      // The last line may be being written.
      String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
      return text.substring(0, text.lastIndexOf('\n') + 1)
          .lines()
          .map(Json::read)
          .filter(wanted)
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode awaitEvent(Predicate<JsonNode> wanted) {
    return Awaitility.await().until(() -> events(wanted), found -> !found.isEmpty()).getFirst();
  }

  private static Predicate<JsonNode> of(String verb, String name, String stage) {
    return event ->
        event.path("verb").asText().equals(verb)
            && event.path("objectRef").path("name").asText().equals(name)
            && event.path("stage").asText().equals(stage);
  }

  private static void kubectl(String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectl(arguments);
    assertThat(output.exitCode()).as(output.text()).isZero();
  }

  @Test
  void create_atRequestResponse_recordsBothObjectsWithoutManagedFields() throws Exception {
    kubectl("create", "configmap", "whole", "--from-literal=a=b");
    JsonNode event = awaitEvent(of("create", "whole", "ResponseComplete"));

    assertThat(event.path("kind").asText()).isEqualTo("Event");
    assertThat(event.path("apiVersion").asText()).isEqualTo("audit.k8s.io/v1");
    assertThat(event.path("level").asText()).isEqualTo("RequestResponse");
    assertThat(event.path("requestURI").asText())
        .startsWith("/api/v1/namespaces/default/configmaps?fieldManager=kubectl-create");
    assertThat(event.path("user").path("username").asText()).isEqualTo("kubernetes-admin");
    assertThat(event.path("user").path("groups").findValuesAsText("")).isNotNull();
    assertThat(event.path("sourceIPs").path(0).asText()).isEqualTo("127.0.0.1");
    assertThat(event.path("userAgent").asText()).startsWith("kubectl/");
    assertThat(event.path("objectRef").path("resource").asText()).isEqualTo("configmaps");
    assertThat(event.path("objectRef").path("namespace").asText()).isEqualTo("default");
    assertThat(event.path("responseStatus").path("code").asInt()).isEqualTo(201);
    assertThat(event.path("requestObject").path("data").path("a").asText()).isEqualTo("b");
    assertThat(event.path("responseObject").path("metadata").path("uid").asText()).isNotEmpty();
    assertThat(event.path("responseObject").path("metadata").has("managedFields")).isFalse();
    assertThat(event.path("annotations").path("authorization.k8s.io/decision").asText())
        .isEqualTo("allow");
    assertThat(event.path("annotations").has("authorization.k8s.io/reason")).isTrue();
    assertThat(event.path("stageTimestamp").asText())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
    assertThat(events(of("create", "whole", "RequestReceived"))).isEmpty();
  }

  @Test
  void patch_atRequest_recordsThePatchOnly() throws Exception {
    kubectl("create", "serviceaccount", "patched");
    kubectl("label", "serviceaccount", "patched", "audited=yes");
    JsonNode event = awaitEvent(of("patch", "patched", "ResponseComplete"));

    assertThat(event.path("requestObject").path("metadata").path("labels").path("audited").asText())
        .isEqualTo("yes");
    assertThat(event.has("responseObject")).isFalse();
    assertThat(events(of("create", "", "RequestReceived"))).isNotEmpty();
  }

  @Test
  void secret_atMetadata_hasNoContent() throws Exception {
    kubectl("create", "secret", "generic", "hidden", "--from-literal=password=canary-4711");
    awaitEvent(of("create", "hidden", "ResponseComplete"));

    assertThat(Files.readString(log)).doesNotContain("canary-4711").doesNotContain("Y2FuYXJ5");
  }

  @Test
  void refusal_isRecordedWithItsStatusAndTheDecision() throws Exception {
    TestCluster.Output output =
        cluster.kubectl("get", "secret", "none-of-yours", "--as=nobody", "--as-group=strangers");
    assertThat(output.text()).contains("Forbidden");
    JsonNode event = awaitEvent(of("get", "none-of-yours", "ResponseComplete"));

    assertThat(event.path("user").path("username").asText()).isEqualTo("kubernetes-admin");
    assertThat(event.path("impersonatedUser").path("username").asText()).isEqualTo("nobody");
    assertThat(event.path("impersonatedUser").path("groups").toString()).contains("strangers");
    assertThat(event.path("responseStatus").path("code").asInt()).isEqualTo(403);
    assertThat(event.path("responseStatus").path("reason").asText()).isEqualTo("Forbidden");
    assertThat(event.path("responseStatus").path("status").asText()).isEqualTo("Failure");
    assertThat(event.path("annotations").path("authorization.k8s.io/decision").asText())
        .isEqualTo("forbid");
  }

  @Test
  void badToken_isRecordedWithoutIt() throws Exception {
    TestCluster.Output output =
        cluster.kubectl(
            "--kubeconfig=/dev/null",
            "--server=" + cluster.server(),
            "--insecure-skip-tls-verify",
            "--token=canary-token-0815",
            "get",
            "--raw",
            "/version");
    assertThat(output.exitCode()).isNotZero();
    JsonNode event = awaitEvent(each -> each.path("responseStatus").path("code").asInt() == 401);

    assertThat(event.path("responseStatus").path("message").asText()).isEqualTo("Unauthorized");
    assertThat(event.path("stage").asText()).isEqualTo("ResponseStarted");
    assertThat(Files.readString(log)).doesNotContain("canary-token-0815");
  }

  @Test
  void watch_isRecordedWhenItStartsAndWhenItEnds() throws Exception {
    kubectl("get", "--raw", "/api/v1/namespaces/default/pods?watch=1&timeoutSeconds=1");
    Predicate<JsonNode> watch =
        event -> event.path("requestURI").asText().contains("default/pods?timeoutSeconds=1");
    awaitEvent(watch.and(event -> event.path("stage").asText().equals("ResponseComplete")));

    assertThat(events(watch).stream().map(event -> event.path("stage").asText()))
        .containsExactly("RequestReceived", "ResponseStarted", "ResponseComplete");
  }

  @Test
  void nonResourceUrl_byPrefix_isRecorded() throws Exception {
    kubectl("get", "--raw", "/version");
    JsonNode event = awaitEvent(each -> each.path("requestURI").asText().equals("/version"));

    assertThat(event.path("verb").asText()).isEqualTo("get");
    assertThat(event.has("objectRef")).isFalse();
  }

  @Test
  void annotations_ofAdmissionPlugins_areRecorded() throws Exception {
    kubectl("create", "namespace", "watched");
    kubectl(
        "label",
        "namespace",
        "watched",
        "pod-security.kubernetes.io/audit=restricted",
        "pod-security.kubernetes.io/enforce=baseline");
    org.awaitility.Awaitility.await()
        .until(
            () ->
                cluster
                        .kubectl("run", "p", "--image=x", "--namespace=watched", "--restart=Never")
                        .exitCode()
                    == 0);
    JsonNode event =
        awaitEvent(
            of("create", "p", "ResponseComplete")
                .and(each -> each.path("responseStatus").path("code").asInt() == 201));

    assertThat(event.path("annotations").path("pod-security.kubernetes.io/enforce-policy").asText())
        .isEqualTo("baseline:latest");
    assertThat(
            event.path("annotations").path("pod-security.kubernetes.io/audit-violations").asText())
        .startsWith("would violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation");
  }

  @Test
  void file_isForItsOwnerOnly() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
        .isEqualTo("rw-------");
  }

  @Test
  void metrics_countEvents() throws Exception {
    TestCluster.Output output = cluster.kubectl("get", "--raw", "/metrics");

    assertThat(output.text())
        .containsPattern("apiserver_audit_event_total [1-9]")
        .contains("apiserver_audit_level_total{level=\"Metadata\"}");
  }
}
