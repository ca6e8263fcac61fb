package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.client.Transport;
import dev.coracle.cluster.TestCluster;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a node may do: two nodes, a Pod on each, and everything that the Pods refer to. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeAuthorizationTest {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource SECRETS = GroupVersionResource.core("secrets");
  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");
  private static final GroupVersionResource CLAIMS =
      GroupVersionResource.core("persistentvolumeclaims");
  private static final GroupVersionResource VOLUMES =
      GroupVersionResource.core("persistentvolumes");
  private static final GroupVersionResource LEASES =
      GroupVersionResource.of("coordination.k8s.io", "v1", "leases");
  private static final GroupVersionResource CSI_NODES =
      GroupVersionResource.of("storage.k8s.io", "v1", "csinodes");
  private static final GroupVersionResource ATTACHMENTS =
      GroupVersionResource.of("storage.k8s.io", "v1", "volumeattachments");

  private static final DeleteOptions NOW = new DeleteOptions(false, 0L, null, null, null);

  private static ObjectNode yaml(String text) {
    return (ObjectNode) Yaml.read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private TestCluster cluster;
  private Client admin;
  private Client one;

  @BeforeAll
  void start(@TempDir Path directory) {
    cluster = TestCluster.controlPlane(directory);
    admin = cluster.client();
    one = as("system:node:one", "system:nodes", "system:authenticated");
    Awaitility.await().until(() -> admin.find(ACCOUNTS, "default", "default") != null);
    for (String node : new String[] {"one", "two"}) {
      make(NODES, "", "{apiVersion: v1, kind: Node, metadata: {name: %s}}", node);
      for (String use : new String[] {"env", "volume", "pull", "projected"}) {
        make(
            SECRETS,
            "default",
            "{apiVersion: v1, kind: Secret, metadata: {name: %s}}",
            node + "-" + use);
      }
      for (String use : new String[] {"env", "volume", "projected"}) {
        make(
            CONFIG_MAPS,
            "default",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}}",
            node + "-" + use);
      }
      make(
          ACCOUNTS,
          "default",
          "{apiVersion: v1, kind: ServiceAccount, metadata: {name: %s}}",
          node);
      make(
          SECRETS,
          "kube-system",
          "{apiVersion: v1, kind: Secret, metadata: {name: %s}}",
          node + "-csi");
      make(
          VOLUMES,
          "",
          """
          apiVersion: v1
          kind: PersistentVolume
          metadata: {name: %1$s}
          spec:
            capacity: {storage: 1Gi}
            accessModes: [ReadWriteOnce]
            claimRef: {namespace: default, name: %1$s}
            csi:
              driver: csi.example.com
              volumeHandle: %1$s
              nodePublishSecretRef: {name: %1$s-csi, namespace: kube-system}
              controllerPublishSecretRef: {name: %1$s-controller, namespace: kube-system}
          """,
          node);
      make(
          CLAIMS,
          "default",
          """
          apiVersion: v1
          kind: PersistentVolumeClaim
          metadata: {name: %1$s}
          spec:
            volumeName: %1$s
            storageClassName: ""
            accessModes: [ReadWriteOnce]
            resources: {requests: {storage: 1Gi}}
          """,
          node);
      make(
          ATTACHMENTS,
          "",
          """
          apiVersion: storage.k8s.io/v1
          kind: VolumeAttachment
          metadata: {name: %1$s}
          spec: {attacher: csi.example.com, nodeName: %1$s, source: {persistentVolumeName: %1$s}}
          """,
          node);
      make(
          LEASES,
          "kube-node-lease",
          "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: %s}}",
          node);
      make(
          CSI_NODES,
          "",
          "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: %s}, spec: {drivers: []}}",
          node);
      pod(node);
    }
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private Client as(String name, String... groups) {
    return new Client(admin.transport().as(UserInfo.of(name, groups)));
  }

  private KubeObject make(GroupVersionResource resource, String namespace, String yaml, String of) {
    return admin.create(resource, namespace, yaml(yaml.formatted(of)));
  }

  private KubeObject pod(String node) {
    return make(
        PODS,
        "default",
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %1$s}
        spec:
          nodeName: %1$s
          serviceAccountName: %1$s
          imagePullSecrets: [{name: %1$s-pull}]
          containers:
          - name: main
            image: none
            envFrom:
            - secretRef: {name: %1$s-env}
            - configMapRef: {name: %1$s-env}
          volumes:
          - {name: secret, secret: {secretName: %1$s-volume}}
          - {name: map, configMap: {name: %1$s-volume}}
          - {name: claim, persistentVolumeClaim: {claimName: %1$s}}
          - name: all
            projected:
              sources:
              - secret: {name: %1$s-projected}
              - configMap: {name: %1$s-projected}
              - serviceAccountToken: {path: token, audience: vault}
        """,
        node);
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String why) {
    StatusException refusal = catchThrowableOfType(StatusException.class, call);
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(403);
    assertThat(refusal.getMessage()).contains(why);
  }

  private static GroupVersionResource resource(String group, String plural) {
    return group == null
        ? GroupVersionResource.core(plural)
        : GroupVersionResource.of(group, "v1", plural);
  }

  @ParameterizedTest
  @CsvSource({
    ", secrets, default, -env",
    ", secrets, default, -volume",
    ", secrets, default, -pull",
    ", secrets, default, -projected",
    ", secrets, kube-system, -csi",
    ", configmaps, default, -env",
    ", configmaps, default, -volume",
    ", configmaps, default, -projected",
    ", persistentvolumeclaims, default, ''",
    ", persistentvolumes, '', ''",
    ", serviceaccounts, default, ''",
    "storage.k8s.io, volumeattachments, '', ''",
    "storage.k8s.io, csinodes, '', ''",
    "coordination.k8s.io, leases, kube-node-lease, ''",
    ", nodes, '', ''",
    ", pods, default, ''"
  })
  void get_ownIsAllowedAndAnotherNodesRefused(
      String group, String plural, String namespace, String suffix) {
    GroupVersionResource resource = resource(group, plural);
    assertThat(one.get(resource, namespace, "one" + suffix).name()).isEqualTo("one" + suffix);
    refused(
        () -> one.get(resource, namespace, "two" + suffix),
        "is forbidden: User \"system:node:one\" cannot get");
  }

  @ParameterizedTest
  @CsvSource({
    "secrets, default, No Object name found",
    "secrets, '', can only read namespaced object of this type",
    "configmaps, default, No Object name found",
    "persistentvolumeclaims, default, can only get individual resources of this type",
    "persistentvolumes, '', can only get individual resources of this type",
    "serviceaccounts, default, can only create tokens for individual service accounts",
    "nodes, '', 'node ''one'' cannot read all nodes, only its own Node object'",
    "pods, default, can only list/watch pods with spec.nodeName field selector",
    "pods, '', can only list/watch pods with spec.nodeName field selector"
  })
  void list_ofEverything_isRefused(String plural, String namespace, String why) {
    refused(
        () -> one.list(GroupVersionResource.core(plural), namespace, ListOptions.ALL),
        "cannot list resource \"" + plural + "\" in API group \"\"");
    refused(() -> one.list(GroupVersionResource.core(plural), namespace, ListOptions.ALL), why);
  }

  @Test
  void secretOfTheControllerSide_isRefused() {
    refused(
        () -> one.get(SECRETS, "kube-system", "one-controller"),
        "no relationship found between node 'one' and this object");
  }

  @Test
  void list_limitedToItself_isAllowed() {
    ListOptions own = ListOptions.ALL.withFieldSelector("spec.nodeName=one");
    assertThat(one.list(PODS, "", own).items()).extracting(KubeObject::name).containsExactly("one");
    ListOptions secret = ListOptions.ALL.withFieldSelector("metadata.name=one-env");
    assertThat(one.list(SECRETS, "default", secret).items()).hasSize(1);
    ListOptions node = ListOptions.ALL.withFieldSelector("metadata.name=one");
    assertThat(one.list(NODES, "", node).items()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"spec.nodeName=two", "spec.nodeName!=one", "metadata.name=two"})
  void listOfPods_limitedToOthers_isRefused(String selector) {
    refused(
        () -> one.list(PODS, "", ListOptions.ALL.withFieldSelector(selector)),
        "cannot list resource \"pods\"");
  }

  @Test
  void watch_ofAnotherNodesSecret_isRefused() {
    Transport.WatchHandler ignoring =
        new Transport.WatchHandler() {
          @Override
          public void event(dev.coracle.api.WatchEvent event) {}

          @Override
          public void ended(StatusException cause) {}
        };
    ListOptions others = ListOptions.ALL.withFieldSelector("metadata.name=two-env");
    refused(() -> one.watch(SECRETS, "default", others, ignoring).close(), "cannot watch");
    ListOptions own = ListOptions.ALL.withFieldSelector("metadata.name=one-env");
    assertThatCode(() -> one.watch(SECRETS, "default", own, ignoring).close())
        .doesNotThrowAnyException();
  }

  @Test
  void deletedPod_endsTheRightAtOnce() {
    make(SECRETS, "default", "{apiVersion: v1, kind: Secret, metadata: {name: %s}}", "short");
    admin.create(
        PODS,
        "default",
        yaml(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: short}
            spec:
              nodeName: one
              containers:
              - name: main
                image: none
                env: [{name: A, valueFrom: {secretKeyRef: {name: short, key: a}}}]
            """));
    assertThat(one.get(SECRETS, "default", "short").name()).isEqualTo("short");
    KubeObject unused = admin.delete(PODS, "default", "short", NOW);
    refused(() -> one.get(SECRETS, "default", "short"), "no relationship found");
  }

  @Test
  void groupAlone_hasNoRights() {
    Client other = as("somebody", "system:nodes", "system:authenticated");
    refused(() -> other.get(NODES, "", "one"), "cannot get resource \"nodes\"");
    Client nameOnly = as("system:node:one", "system:authenticated");
    refused(() -> nameOnly.get(NODES, "", "one"), "cannot get resource \"nodes\"");
  }

  @Test
  void nodeNameThatIsASelector_isJustAName() {
    Client odd = as("system:node:one,metadata.name!=x", "system:nodes", "system:authenticated");
    refused(() -> odd.get(SECRETS, "default", "one-env"), "no relationship found");
  }

  private static ObjectNode tokenRequest(KubeObject pod, String audience) {
    ObjectNode request =
        yaml("{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, spec: {}}");
    ObjectNode spec = (ObjectNode) request.get("spec");
    if (!audience.isEmpty()) {
      spec.putArray("audiences").add(audience);
    }
    spec.putObject("boundObjectRef")
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("name", pod.name())
        .put("uid", pod.uid());
    return request;
  }

  @Test
  void tokenRequest_isForOwnPodsAndTheirAudiencesOnly() {
    KubeObject mine = admin.get(PODS, "default", "one");
    KubeObject others = admin.get(PODS, "default", "two");
    assertThat(
            one.createSubresource(ACCOUNTS, "default", "one", "token", tokenRequest(mine, "vault"))
                .text("status", "token"))
        .isNotEmpty();
    refused(
        () -> one.createSubresource(ACCOUNTS, "default", "two", "token", tokenRequest(others, "")),
        "no relationship found");
    refused(
        () -> one.createSubresource(ACCOUNTS, "default", "one", "token", tokenRequest(others, "")),
        "node requested token bound to a pod scheduled on a different node");
    refused(
        () ->
            one.createSubresource(ACCOUNTS, "default", "one", "token", tokenRequest(mine, "bank")),
        "audience \"bank\" not found in pod spec volume, system:node:one is not authorized to"
            + " request tokens for this audience");
    ObjectNode unbound = tokenRequest(mine, "");
    ((ObjectNode) unbound.get("spec")).remove("boundObjectRef");
    refused(
        () -> one.createSubresource(ACCOUNTS, "default", "one", "token", unbound),
        "node requested token not bound to a pod");
    ObjectNode anyUid = tokenRequest(mine, "");
    ((ObjectNode) anyUid.at("/spec/boundObjectRef")).remove("uid");
    refused(
        () -> one.createSubresource(ACCOUNTS, "default", "one", "token", anyUid),
        "node requested token with a pod binding without a uid");
  }

  private void patchNode(String node, String patch) {
    KubeObject unused =
        one.patch(NODES, "", node, "", PatchType.MERGE, yaml(patch), WriteOptions.NONE);
  }

  @Test
  void ownNode_mayNotSteerWorkloads() {
    patchNode("one", "{metadata: {labels: {example.com/rack: a, kubernetes.io/arch: amd64}}}");
    refused(
        () -> patchNode("one", "{metadata: {labels: {node-role.kubernetes.io/master: ''}}}"),
        "is not allowed to modify labels: node-role.kubernetes.io/master");
    refused(
        () -> patchNode("one", "{metadata: {labels: {node-restriction.kubernetes.io/a: b}}}"),
        "is not allowed to modify labels: node-restriction.kubernetes.io/a");
    refused(
        () -> patchNode("one", "{spec: {taints: [{key: a, effect: NoSchedule}]}}"),
        "node \"one\" is not allowed to modify taints");
    refused(
        () -> patchNode("two", "{metadata: {labels: {a: b}}}"),
        "node \"one\" is not allowed to modify node \"two\"");
    refused(() -> one.delete(NODES, "", "two", NOW), "cannot delete");
    refused(
        () -> one.create(NODES, "", yaml("{apiVersion: v1, kind: Node, metadata: {name: three}}")),
        "node \"one\" is not allowed to modify node \"three\"");
  }

  @Test
  void pods_areWrittenByTheirOwnNodeOnly() {
    ObjectNode status = yaml("{status: {message: hello}}");
    assertThat(
            one.patch(PODS, "default", "one", "status", PatchType.MERGE, status, WriteOptions.NONE)
                .text("status", "message"))
        .isEqualTo("hello");
    refused(
        () ->
            one.patch(PODS, "default", "two", "status", PatchType.MERGE, status, WriteOptions.NONE),
        "node \"one\" can only update pod status for pods with spec.nodeName set to itself");
    refused(
        () ->
            one.patch(
                PODS,
                "default",
                "one",
                "status",
                PatchType.MERGE,
                yaml("{metadata: {labels: {app: stolen}}, status: {message: x}}"),
                WriteOptions.NONE),
        "node \"one\" cannot update labels through pod status");
    refused(
        () -> one.delete(PODS, "default", "two", NOW),
        "node \"one\" can only delete pods with spec.nodeName set to itself");
    refused(
        () ->
            one.createSubresource(
                PODS,
                "default",
                "two",
                "eviction",
                yaml(
                    "{apiVersion: policy/v1, kind: Eviction, metadata: {name: two, namespace: default}}")),
        "node one can only evict pods with spec.nodeName set to itself");
    refused(
        () ->
            one.createSubresource(
                PODS,
                "default",
                "two",
                "binding",
                yaml(
                    "{apiVersion: v1, kind: Binding, metadata: {name: two}, target: {name: one}}")),
        "cannot create resource \"pods/binding\"");
    refused(
        () ->
            one.patch(
                PODS,
                "default",
                "one",
                "",
                PatchType.MERGE,
                yaml("{metadata: {labels: {a: b}}}"),
                WriteOptions.NONE),
        "cannot patch resource \"pods\"");
  }

  private void mirror(String annotation, String extra, String why) {
    String uid = admin.get(NODES, "", "one").uid();
    ObjectNode pod =
        yaml(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: mirror
              annotations: {%s: x}
              ownerReferences: [{apiVersion: v1, kind: Node, name: one, uid: %s, controller: true}]
            spec:
              nodeName: one
              containers: [{name: main, image: none}]
              %s
            """
                .formatted(annotation, uid, extra));
    if (why.isEmpty()) {
      KubeObject unused = one.create(PODS, "default", pod);
      unused = one.delete(PODS, "default", "mirror", NOW);
    } else {
      refused(() -> one.create(PODS, "default", pod), why);
    }
  }

  @Test
  void mirrorPods_areTheOnlyOnesThatItCreates() {
    mirror("kubernetes.io/config.mirror", "", "");
    mirror("example.com/a", "", "pod does not have \"kubernetes.io/config.mirror\" annotation");
    mirror(
        "kubernetes.io/config.mirror",
        "volumes: [{name: a, secret: {secretName: two-env}}]",
        "node \"one\" can not create pods that reference secrets");
    mirror(
        "kubernetes.io/config.mirror",
        "serviceAccountName: two",
        "node \"one\" can not create pods that reference a service account");
  }

  @Test
  void leasesAndCsiNodes_ofOthers_areRefused() {
    ObjectNode lease =
        yaml("{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: three}}");
    refused(
        () -> one.create(LEASES, "kube-node-lease", lease),
        "can only access node lease with the same name as the requesting node");
    refused(
        () -> one.create(LEASES, "default", lease),
        "can only access leases in the \"kube-node-lease\" system namespace");
    refused(
        () ->
            one.create(
                CSI_NODES,
                "",
                yaml(
                    "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: three}, spec: {drivers: []}}")),
        "can only access CSINode with the same name as the requesting node");
  }

  @Test
  void services_areReadByAll() {
    assertThat(one.list(GroupVersionResource.core("services"), "", ListOptions.ALL).items())
        .isNotEmpty();
  }
}
