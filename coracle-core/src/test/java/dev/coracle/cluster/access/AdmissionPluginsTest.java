package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.AdmissionOptions;
import dev.coracle.cluster.options.ClusterOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The plugins without configuration objects of their own, in a bare API server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdmissionPluginsTest {

  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource CLAIMS =
      GroupVersionResource.core("persistentvolumeclaims");
  private static final GroupVersionResource STORAGE_CLASSES =
      GroupVersionResource.of("storage.k8s.io", "v1", "storageclasses");
  private static final GroupVersionResource RUNTIME_CLASSES =
      GroupVersionResource.of("node.k8s.io", "v1", "runtimeclasses");
  private static final GroupVersionResource INGRESSES =
      GroupVersionResource.of("networking.k8s.io", "v1", "ingresses");
  private static final GroupVersionResource INGRESS_CLASSES =
      GroupVersionResource.of("networking.k8s.io", "v1", "ingressclasses");

  private TestCluster cluster;
  private Client client;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    Path config = directory.resolve("admission.yaml");
    Files.writeString(
        config,
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AdmissionConfiguration
        plugins:
        - name: PodSecurity
          configuration:
            apiVersion: pod-security.admission.config.k8s.io/v1
            kind: PodSecurityConfiguration
            defaults: {audit: restricted}
            exemptions: {namespaces: [exempt], runtimeClasses: [sandboxed]}
        - name: ResourceQuota
          configuration:
            apiVersion: apiserver.config.k8s.io/v1
            kind: ResourceQuotaConfiguration
            limitedResources:
            - {resource: services, matchContains: [services.loadbalancers]}
        """);
    ClusterOptions options =
        TestCluster.options(directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.APISERVER);
    cluster =
        TestCluster.start(
            options.toBuilder()
                .server(
                    options
                        .server()
                        .withAdmission(
                            new AdmissionOptions(
                                List.of(
                                    "AlwaysPullImages",
                                    "NamespaceAutoProvision",
                                    "OwnerReferencesPermissionEnforcement"),
                                List.of("DefaultTolerationSeconds"),
                                config)))
                .build());
    client = cluster.client();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private static ObjectNode yaml(String text) {
    return (ObjectNode) Yaml.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private void namespace(String name, String labels) {
    client.create(
        NAMESPACES, "", yaml("{metadata: {name: %s, labels: %s}}".formatted(name, labels)));
    client.create(ACCOUNTS, name, yaml("{metadata: {name: default}}"));
  }

  private static ObjectNode pod(String name, String spec) {
    ObjectNode pod =
        yaml(
            "{metadata: {name: %s}, spec: {containers: [{name: c, image: 'i:1'}]}}"
                .formatted(name));
    pod.withObject("/spec").setAll(yaml(spec));
    return pod;
  }

  private KubeObject labelled(String namespace, String labels) {
    return client.patch(
        NAMESPACES,
        "",
        namespace,
        "",
        PatchType.MERGE,
        Json.read("{\"metadata\": {\"labels\": " + labels + "}}"),
        WriteOptions.NONE);
  }

  @Test
  void newNode_isTaintedNotReady() {
    KubeObject node = client.create(NODES, "", yaml("{metadata: {name: fresh}}"));

    assertThat(node.at("spec", "taints"))
        .containsExactly(yaml("{key: node.kubernetes.io/not-ready, effect: NoSchedule}"));
  }

  @Test
  void namespaceBeingDeleted_takesNothingNew() {
    namespace("closing", "{}");
    client.delete(NAMESPACES, "", "closing", DeleteOptions.DEFAULT);

    assertThatThrownBy(
            () ->
                client.create(
                    GroupVersionResource.core("configmaps"),
                    "closing",
                    yaml("{metadata: {name: c}}")))
        .hasMessageContaining(
            "configmaps \"c\" is forbidden: unable to create new content in namespace closing"
                + " because it is being terminated");
  }

  @Test
  void options_addAndRemovePlugins() {
    client.create(
        GroupVersionResource.core("configmaps"), "provided", yaml("{metadata: {name: c}}"));
    client.create(ACCOUNTS, "provided", yaml("{metadata: {name: default}}"));
    KubeObject pod = client.create(PODS, "provided", pod("p", "{}"));

    assertThat(pod.at("spec", "containers").path(0).path("imagePullPolicy").asText())
        .isEqualTo("Always");
    assertThat(pod.at("spec").has("tolerations")).isFalse();
  }

  @Test
  void runtimeClass_givesOverheadSelectorAndTolerations() {
    namespace("runtime", "{}");
    client.create(
        RUNTIME_CLASSES,
        "",
        yaml(
            """
            metadata: {name: heavy}
            handler: heavy
            overhead: {podFixed: {cpu: 250m}}
            scheduling:
              nodeSelector: {heavy: 'yes'}
              tolerations: [{key: heavy, operator: Exists}]
            """));
    KubeObject pod = client.create(PODS, "runtime", pod("p", "{runtimeClassName: heavy}"));
    assertThat(pod.at("spec", "overhead")).isEqualTo(yaml("{cpu: 250m}"));
    assertThat(pod.at("spec", "nodeSelector")).isEqualTo(yaml("{heavy: 'yes'}"));
    assertThat(pod.at("spec", "tolerations")).contains(yaml("{key: heavy, operator: Exists}"));
    assertThatThrownBy(() -> client.create(PODS, "runtime", pod("q", "{runtimeClassName: none}")))
        .hasMessage("pods \"q\" is forbidden: pod rejected: RuntimeClass \"none\" not found");
    assertThatThrownBy(() -> client.create(PODS, "runtime", pod("q", "{overhead: {cpu: 1m}}")))
        .hasMessageContaining(
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    assertThatThrownBy(
            () ->
                client.create(
                    PODS,
                    "runtime",
                    pod("q", "{runtimeClassName: heavy, nodeSelector: {heavy: 'no'}}")))
        .hasMessageContaining(
            "conflict: runtimeClass.scheduling.nodeSelector[heavy] = yes;"
                + " pod.spec.nodeSelector[heavy] = no");
  }

  @Test
  void ingress_getsTheDefaultClass() {
    namespace("ingress", "{}");
    client.create(
        INGRESS_CLASSES,
        "",
        yaml(
            """
            metadata:
              name: usual
              annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}
            spec: {controller: example.com/c}
            """));
    String spec = "spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}";
    assertThat(
            client
                .create(INGRESSES, "ingress", yaml("metadata: {name: a}\n" + spec))
                .text("spec", "ingressClassName"))
        .isEqualTo("usual");
    assertThat(
            client
                .create(
                    INGRESSES,
                    "ingress",
                    yaml(
                        "metadata: {name: b, annotations: {kubernetes.io/ingress.class: x}}\n"
                            + spec))
                .at("spec")
                .has("ingressClassName"))
        .isFalse();
  }

  @Test
  void claim_growsOnlyWhereItsClassAllowsIt() {
    namespace("grow", "{}");
    for (boolean allowed : new boolean[] {true, false}) {
      String name = allowed ? "elastic" : "fixed";
      client.create(
          STORAGE_CLASSES,
          "",
          yaml(
              "{metadata: {name: %s}, provisioner: x, allowVolumeExpansion: %s}"
                  .formatted(name, allowed)));
      ObjectNode claim =
          yaml(
              """
              metadata: {name: %s}
              spec:
                storageClassName: %s
                accessModes: [ReadWriteOnce]
                volumeName: v
                resources: {requests: {storage: 1Gi}}
              """
                  .formatted(name, name));
      KubeObject made = client.create(CLAIMS, "grow", claim);
      ObjectNode bound = made.mutableTree();
      bound.withObject("/status").put("phase", "Bound").putObject("capacity").put("storage", "1Gi");
      client.updateStatus(CLAIMS, "grow", name, bound);
    }
    ObjectNode more = yaml("{spec: {resources: {requests: {storage: 2Gi}}}}");
    client.patch(CLAIMS, "grow", "elastic", "", PatchType.MERGE, more, WriteOptions.NONE);
    assertThatThrownBy(
            () ->
                client.patch(CLAIMS, "grow", "fixed", "", PatchType.MERGE, more, WriteOptions.NONE))
        .hasMessage(
            "persistentvolumeclaims \"fixed\" is forbidden: only dynamically provisioned pvc can"
                + " be resized and the storageclass that provisions the pvc must support resize");
  }

  @Test
  void podSecurity_versions_haveTheirOwnChecks() {
    namespace(
        "old",
        "{pod-security.kubernetes.io/enforce: baseline,"
            + " pod-security.kubernetes.io/enforce-version: v1.26}");
    String sysctl = "{securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}}";
    assertThatThrownBy(() -> client.create(PODS, "old", pod("p", sysctl)))
        .hasMessage(
            "pods \"p\" is forbidden: violates PodSecurity \"baseline:v1.26\": forbidden sysctls"
                + " (net.ipv4.tcp_rmem)");
    labelled("old", "{\"pod-security.kubernetes.io/enforce-version\": \"v1.32\"}");
    client.create(PODS, "old", pod("p", sysctl));
    assertThatThrownBy(
            () -> labelled("old", "{\"pod-security.kubernetes.io/enforce-version\": \"1.32\"}"))
        .hasMessageContaining(
            "metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value:"
                + " \"1.32\": must be \"latest\" or \"v1.x\"");
    client.create(
        PODS,
        "old",
        pod(
            "probe",
            "{containers: [{name: c, image: i, livenessProbe: {httpGet: {port: 80, host: h}}}]}"));
    labelled("old", "{\"pod-security.kubernetes.io/enforce-version\": null}");
    assertThatThrownBy(
            () ->
                client.create(
                    PODS,
                    "old",
                    pod(
                        "probe2",
                        "{containers: [{name: c, image: i, livenessProbe: {httpGet: {port: 80,"
                            + " host: h}}}], hostNetwork: true, securityContext: {appArmorProfile:"
                            + " {type: Unconfined}}}")))
        .hasMessageContaining(
            "violates PodSecurity \"baseline:latest\": forbidden AppArmor profile (pod must not"
                + " set AppArmor profile type to \"Unconfined\"), host namespaces"
                + " (hostNetwork=true), probe or lifecycle host (container \"c\" uses probe or"
                + " lifecycle host \"h\")");
  }

  @Test
  void podSecurity_exemptions_letPass() {
    namespace("exempt", "{pod-security.kubernetes.io/enforce: restricted}");
    client.create(PODS, "exempt", pod("p", "{hostNetwork: true}"));
    namespace("sandbox", "{pod-security.kubernetes.io/enforce: restricted}");
    client.create(RUNTIME_CLASSES, "", yaml("{metadata: {name: sandboxed}, handler: sandboxed}"));
    client.create(PODS, "sandbox", pod("p", "{hostNetwork: true, runtimeClassName: sandboxed}"));
    assertThatThrownBy(() -> client.create(PODS, "sandbox", pod("q", "{hostNetwork: true}")))
        .hasMessageContaining("violates PodSecurity \"restricted:latest\"");
  }

  @Test
  void podSecurity_newLevel_warnsOfPodsThatAreThere() throws Exception {
    namespace("existing", "{}");
    for (String name : new String[] {"a", "b"}) {
      client.create(PODS, "existing", pod(name, "{hostPID: true}"));
    }
    TestCluster.Output output =
        cluster.kubectl(
            "label", "namespace", "existing", "pod-security.kubernetes.io/enforce=baseline");
    assertThat(output.text())
        .contains(
            "Warning: existing pods in namespace \"existing\" violate the new PodSecurity enforce"
                + " level \"baseline:latest\"",
            "Warning: a (and 1 other pod): host namespaces");
  }

  @Test
  void limitedResource_needsAQuota() {
    namespace("limited", "{}");
    String spec = "{metadata: {name: s}, spec: {type: %s, ports: [{port: 80}]}}";
    GroupVersionResource services = GroupVersionResource.core("services");
    assertThatThrownBy(
            () -> client.create(services, "limited", yaml(spec.formatted("LoadBalancer"))))
        .hasMessage(
            "services \"s\" is forbidden: insufficient quota to consume: services.loadbalancers");
    client.create(services, "limited", yaml(spec.formatted("ClusterIP")));
  }

  @Test
  void serviceAccount_mayLimitItsSecrets() {
    namespace("secrets", "{}");
    client.create(
        ACCOUNTS,
        "secrets",
        yaml(
            """
            metadata:
              name: strict
              annotations: {kubernetes.io/enforce-mountable-secrets: 'true'}
            secrets: [{name: known}]
            """));
    String spec = "{serviceAccountName: strict, volumes: [{name: v, secret: {secretName: %s}}]}";
    client.create(PODS, "secrets", pod("a", spec.formatted("known")));
    assertThatThrownBy(() -> client.create(PODS, "secrets", pod("b", spec.formatted("other"))))
        .hasMessage(
            "pods \"b\" is forbidden: volume with secret.secretName=\"other\" is not allowed"
                + " because service account strict does not reference that secret");
  }

  @Test
  void owners_areSetOnlyByWhoMayDelete_andBlockOnlyByWhoMaySetFinalizers() throws Exception {
    namespace("owners", "{}");
    GroupVersionResource configMaps = GroupVersionResource.core("configmaps");
    KubeObject owner = client.create(configMaps, "owners", yaml("{metadata: {name: owner}}"));
    client.create(configMaps, "owners", yaml("{metadata: {name: owned}}"));
    for (String role : new String[] {"updater", "deleter"}) {
      client.create(
          GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "roles"),
          "owners",
          yaml(
              """
              metadata: {name: %s}
              rules:
              - {apiGroups: [''], resources: [configmaps], verbs: [get, patch, %s]}
              """
                  .formatted(role, role.equals("deleter") ? "delete" : "list")));
      client.create(
          GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "rolebindings"),
          "owners",
          yaml(
              """
              metadata: {name: %s}
              roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %s}
              subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
              """
                  .formatted(role, role, role)));
    }
    String patch =
        "{\"metadata\": {\"ownerReferences\": [{\"apiVersion\": \"v1\", \"kind\":"
            + " \"ConfigMap\", \"name\": \"owner\", \"uid\": \""
            + owner.uid()
            + "\", \"blockOwnerDeletion\": %s}]}}";
    assertThat(patchAs("updater", patch.formatted(false)))
        .contains("cannot set an ownerRef on a resource you can't delete: ");
    assertThat(patchAs("deleter", patch.formatted(true)))
        .contains(
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set"
                + " finalizers on: ");
    assertThat(patchAs("deleter", patch.formatted(false))).contains("patched");
  }

  private String patchAs(String user, String patch) throws Exception {
    return cluster
        .kubectl(
            "--as",
            user,
            "-n",
            "owners",
            "patch",
            "configmap",
            "owned",
            "--type=merge",
            "-p",
            patch)
        .text();
  }

  @Test
  void unknownPlugins_areRefusedInKubeApiserversWords() {
    assertThatThrownBy(
            () ->
                dev.coracle.admission.PluginOrder.chosen(
                    List.of("Nothing", "LimitRanger"), List.of("LimitRanger", "Never")))
        .hasMessage(
            "enable-admission-plugins plugin \"Nothing\" is unknown, LimitRanger in"
                + " enable-admission-plugins and disable-admission-plugins overlapped,"
                + " disable-admission-plugins plugin \"Never\" is unknown");
    assertThat(dev.coracle.admission.PluginOrder.chosen(List.of(), List.of()))
        .contains("MutatingAdmissionPolicy", "PodTopologyLabels")
        .doesNotContain("AlwaysDeny", "OwnerReferencesPermissionEnforcement");
  }
}
