package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The admission plugins, in a running control plane. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdmissionTest {

  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource QUOTAS = GroupVersionResource.core("resourcequotas");
  private static final GroupVersionResource LIMIT_RANGES = GroupVersionResource.core("limitranges");

  private TestCluster cluster;
  private Client client;

  @BeforeAll
  void start(@TempDir Path directory) {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private static ObjectNode json(String text) {
    return (ObjectNode) Json.read(text.replace('\'', '"'));
  }

  private void namespace(String name, String labels) {
    client.create(
        NAMESPACES, "", json("{'metadata': {'name': '" + name + "', 'labels': " + labels + "}}"));
    await().until(() -> client.find(ACCOUNTS, name, "default") != null);
  }

  private static ObjectNode pod(String name, String containerFields) {
    return json(
        "{'metadata': {'name': '"
            + name
            + "'}, 'spec': {'containers': [{'name': 'c', 'image': 'registry.test/app:1'"
            + containerFields
            + "}]}}");
  }

  private static ObjectNode configMap(String name) {
    return json("{'metadata': {'name': '" + name + "'}, 'data': {'a': '1'}}");
  }

  @Test
  void limitRange_defaultsAndBounds_holdForPods() {
    namespace("limits", "{}");
    client.create(
        LIMIT_RANGES,
        "limits",
        json(
            "{'metadata': {'name': 'lr'}, 'spec': {'limits': [{'type': 'Container', 'default':"
                + " {'cpu': '500m'}, 'min': {'cpu': '50m'}, 'max': {'cpu': '1'},"
                + " 'maxLimitRequestRatio': {'cpu': '4'}}, {'type': 'Pod', 'max': {'memory':"
                + " '1Gi'}}]}}"));
    ObjectNode unbounded = pod("unbounded", "");
    assertThatThrownBy(() -> client.create(PODS, "limits", unbounded))
        .hasMessageContaining("maximum memory usage per Pod is 1Gi.  No limit is specified");
    KubeObject made =
        client.create(PODS, "limits", pod("made", ", 'resources': {'limits': {'memory': '1Gi'}}"));
    assertThat(made.at("spec", "containers").path(0).path("resources").path("limits"))
        .isEqualTo(json("{'memory': '1Gi', 'cpu': '500m'}"));
    ObjectNode ratio =
        pod(
            "ratio",
            ", 'resources': {'limits': {'memory': '1Gi', 'cpu': '1'}, 'requests': {'cpu':"
                + " '100m'}}");
    assertThatThrownBy(() -> client.create(PODS, "limits", ratio))
        .hasMessageContaining(
            "cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000");
  }

  private void quota(String namespace, String hard) {
    client.create(
        QUOTAS, namespace, json("{'metadata': {'name': 'q'}, 'spec': {'hard': " + hard + "}}"));
    await().until(() -> client.get(QUOTAS, namespace, "q").at("status", "used").size() > 0);
  }

  @Test
  void quota_manyWritersAtOnce_isNeverExceeded() throws Exception {
    namespace("counted", "{}");
    await().until(() -> client.find(CONFIG_MAPS, "counted", "kube-root-ca.crt") != null);
    quota("counted", "{'count/configmaps': '6'}");
    List<Future<Boolean>> results = new ArrayList<>();
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 20; i++) {
        String name = "c" + i;
        results.add(
            writers.submit(
                () -> {
                  try {
                    client.create(CONFIG_MAPS, "counted", configMap(name));
                    return true;
                  } catch (StatusException e) {
                    assertThat(e.status().code()).isEqualTo(403);
                    return false;
                  }
                }));
      }
    }
    int stored = 0;
    for (Future<Boolean> result : results) {
      stored += result.get() ? 1 : 0;
    }
    assertThat(stored).isEqualTo(5);
    assertThat(client.get(QUOTAS, "counted", "q").at("status", "used"))
        .isEqualTo(json("{'count/configmaps': '6'}"));
  }

  @Test
  void quota_afterADeletion_hasRoomAgain() {
    namespace("room", "{}");
    quota("room", "{'pods': '1', 'requests.cpu': '1'}");
    client.create(PODS, "room", pod("one", ", 'resources': {'requests': {'cpu': '600m'}}"));
    ObjectNode another = pod("two", ", 'resources': {'requests': {'cpu': '600m'}}");
    assertThatThrownBy(() -> client.create(PODS, "room", another))
        .hasMessage(
            "pods \"two\" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=600m,"
                + " used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1");
    client.delete(PODS, "room", "one", DeleteOptions.DEFAULT.withGracePeriodSeconds(0));
    await()
        .untilAsserted(
            () ->
                assertThat(client.get(QUOTAS, "room", "q").at("status", "used"))
                    .isEqualTo(json("{'pods': '0', 'requests.cpu': '0'}")));
    client.create(PODS, "room", another);
  }

  @Test
  void podSecurity_ofTheNamespacesLabels_holdsForPodsAndWarnsOfTemplates() throws Exception {
    namespace(
        "secured",
        "{'pod-security.kubernetes.io/enforce': 'restricted',"
            + " 'pod-security.kubernetes.io/warn': 'restricted',"
            + " 'pod-security.kubernetes.io/warn-version': 'v1.36'}");
    ObjectNode careless = pod("careless", "");
    assertThatThrownBy(() -> client.create(PODS, "secured", careless))
        .hasMessage(
            "pods \"careless\" is forbidden: violates PodSecurity \"restricted:latest\":"
                + " allowPrivilegeEscalation != false (container \"c\" must set"
                + " securityContext.allowPrivilegeEscalation=false), unrestricted capabilities"
                + " (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]),"
                + " runAsNonRoot != true (pod or container \"c\" must set"
                + " securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must"
                + " set securityContext.seccompProfile.type to \"RuntimeDefault\" or"
                + " \"Localhost\")");
    client.create(
        PODS,
        "secured",
        pod(
            "careful",
            ", 'securityContext': {'allowPrivilegeEscalation': false, 'runAsNonRoot': true,"
                + " 'capabilities': {'drop': ['ALL']}, 'seccompProfile': {'type':"
                + " 'RuntimeDefault'}}"));
    TestCluster.Output deployed =
        cluster.kubectl(
            "create", "deployment", "web", "--image=registry.test/app:1", "-n", "secured");
    assertThat(deployed.text())
        .contains("Warning: would violate PodSecurity \"restricted:v1.36\"")
        .contains("deployment.apps/web created");
  }

  @Test
  void podSecurity_baseline_refusesTheHostsThings() {
    namespace("plain", "{'pod-security.kubernetes.io/enforce': 'baseline'}");
    ObjectNode pod =
        pod(
            "rude",
            ", 'securityContext': {'privileged': true, 'capabilities': {'add': ['NET_ADMIN']}},"
                + " 'ports': [{'containerPort': 80, 'hostPort': 80}]");
    pod.withObject("/spec").put("hostPID", true);
    assertThatThrownBy(() -> client.create(PODS, "plain", pod))
        .hasMessageContaining(
            "violates PodSecurity \"baseline:latest\": non-default capabilities (container \"c\""
                + " must not include \"NET_ADMIN\" in securityContext.capabilities.add), host"
                + " namespaces (hostPID=true), hostPort (container \"c\" uses hostPort"
                + " 80), privileged (container \"c\" must not set"
                + " securityContext.privileged=true)");
    client.create(PODS, "plain", pod("modest", ""));
  }

  @Test
  void admissionPolicy_withParamsAndVariables_decides() {
    namespace("policed", "{}");
    GroupVersionResource policies =
        GroupVersionResource.of(
            "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies");
    GroupVersionResource bindings =
        GroupVersionResource.of(
            "admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings");
    client.create(
        CONFIG_MAPS, "policed", json("{'metadata': {'name': 'rules'}, 'data': {'longest': '3'}}"));
    client.create(
        policies,
        "",
        json(
            "{'metadata': {'name': 'short'}, 'spec': {'paramKind': {'apiVersion': 'v1', 'kind':"
                + " 'ConfigMap'}, 'matchConstraints': {'resourceRules': [{'apiGroups': [''],"
                + " 'apiVersions': ['v1'], 'operations': ['CREATE'], 'resources': ['secrets']}]},"
                + " 'matchConditions': [{'name': 'people', 'expression': '!object.metadata.name"
                + ".startsWith(\\'system-\\')'}],"
                + " 'variables': [{'name': 'longest', 'expression': 'int(params.data.longest)'}],"
                + " 'validations': [{'expression': 'size(object.metadata.name) <="
                + " variables.longest', 'messageExpression': '\\'at most \\' +"
                + " string(variables.longest)'}]}}"));
    client.create(
        bindings,
        "",
        json(
            "{'metadata': {'name': 'short'}, 'spec': {'policyName': 'short', 'validationActions':"
                + " ['Deny'], 'paramRef': {'name': 'rules', 'namespace': 'policed',"
                + " 'parameterNotFoundAction': 'Deny'}, 'matchResources': {'namespaceSelector':"
                + " {'matchLabels': {'kubernetes.io/metadata.name': 'policed'}}}}}"));
    GroupVersionResource secrets = GroupVersionResource.core("secrets");
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(
                        () ->
                            client.create(
                                secrets, "policed", json("{'metadata': {'name': 'toolong'}}")))
                    .hasMessage(
                        "secrets \"toolong\" is forbidden: ValidatingAdmissionPolicy 'short' with"
                            + " binding 'short' denied request: at most 3"));
    client.create(secrets, "policed", json("{'metadata': {'name': 'abc'}}"));
    client.create(secrets, "policed", json("{'metadata': {'name': 'system-long'}}"));
  }

  @Test
  void immortalNamespace_cannotBeDeleted() {
    assertThatThrownBy(() -> client.delete(NAMESPACES, "", "default", DeleteOptions.DEFAULT))
        .hasMessageContaining("this namespace may not be deleted");
  }
}
