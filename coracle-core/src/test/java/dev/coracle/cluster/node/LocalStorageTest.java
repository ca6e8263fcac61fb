package dev.coracle.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Claims of the default class, from the claim to the directory and back. */
class LocalStorageTest {

  private static final GroupVersionResource CLAIMS =
      GroupVersionResource.core("persistentvolumeclaims");
  private static final GroupVersionResource VOLUMES =
      GroupVersionResource.core("persistentvolumes");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");

  @TempDir Path directory;

  private static KubeObject create(TestCluster cluster, String yaml) {
    ObjectNode tree = (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8));
    String[] parts = tree.path("apiVersion").asText().split("/");
    String kind = tree.path("kind").asText().toLowerCase(Locale.ROOT);
    return cluster
        .client()
        .create(
            GroupVersionResource.of(
                parts.length == 1 ? "" : parts[0], parts[parts.length - 1], kind + "s"),
            kind.equals("persistentvolume") ? "" : "default",
            tree);
  }

  private static KubeObject claim(TestCluster cluster, String name) {
    return create(
        cluster,
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
            .formatted(name));
  }

  /** A Pod that runs a line of shell with the claim at /data. */
  private static KubeObject pod(TestCluster cluster, String name, String claim, String script) {
    return create(
        cluster,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: host
            command: [sh, -c, '%s']
            volumeMounts: [{name: data, mountPath: /data}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
        """
            .formatted(name, script, claim));
  }

  private static KubeObject awaitObject(
      TestCluster cluster,
      GroupVersionResource resource,
      String namespace,
      String name,
      Predicate<KubeObject> good) {
    return await(resource.resource() + " " + name)
        .until(
            () -> cluster.client().find(resource, namespace, name),
            object -> object != null && good.test(object));
  }

  private static Predicate<KubeObject> phase(String phase) {
    return object -> object.text("status", "phase").equals(phase);
  }

  private static void delete(TestCluster cluster, GroupVersionResource resource, String name) {
    KubeObject unused = cluster.client().delete(resource, "default", name, DeleteOptions.DEFAULT);
  }

  private List<Path> directories() throws java.io.IOException {
    Path volumes = directory.resolve("data/volumes");
    if (!Files.isDirectory(volumes)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(volumes)) {
      return entries.toList();
    }
  }

  /** Pods can be made, and claims get volumes. */
  private static KubeObject awaitDefaultClass(TestCluster cluster) {
    awaitObject(
        cluster,
        GroupVersionResource.core("serviceaccounts"),
        "default",
        "default",
        account -> true);
    return awaitObject(
        cluster,
        GroupVersionResource.of("storage.k8s.io", "v1", "storageclasses"),
        "",
        "standard",
        storageClass -> true);
  }

  @Test
  void claim_usedByOnePodAfterTheOther_keepsItsData() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory)) {
      assertThat(awaitDefaultClass(cluster).text("volumeBindingMode"))
          .isEqualTo("WaitForFirstConsumer");
      KubeObject claim = claim(cluster, "data");
      pod(cluster, "writer", "data", "echo hello > /data/file; chmod 600 /data/file");
      awaitObject(cluster, PODS, "default", "writer", phase("Succeeded"));
      KubeObject bound = awaitObject(cluster, CLAIMS, "default", "data", phase("Bound"));
      assertThat(bound.text("spec", "storageClassName")).isEqualTo("standard");
      assertThat(bound.text("spec", "volumeName")).isEqualTo("pvc-" + claim.uid());
      Path volume = directories().getFirst();
      assertThat(volume.getFileName().toString()).isEqualTo("pvc-" + claim.uid() + "_default_data");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(volume)))
          .isEqualTo("rwxrwxrwx");
      delete(cluster, PODS, "writer");
      pod(cluster, "reader", "data", "test \"$(cat /data/file)\" = hello");
      awaitObject(cluster, PODS, "default", "reader", phase("Succeeded"));

      delete(cluster, CLAIMS, "data");
      awaitObject(cluster, CLAIMS, "default", "data", KubeObject::isDeleting);
      assertThat(directories()).hasSize(1);
      delete(cluster, PODS, "reader");
      await().until(() -> cluster.client().list(VOLUMES, "", ListOptions.ALL).items().isEmpty());
      assertThat(directories()).isEmpty();
    }
  }

  @Test
  void statefulSet_withTemplates_keepsItsClaimsOrNot() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory)) {
      awaitDefaultClass(cluster);
      create(
          cluster,
          """
          apiVersion: apps/v1
          kind: StatefulSet
          metadata: {name: db}
          spec:
            serviceName: db
            replicas: 2
            selector: {matchLabels: {app: db}}
            persistentVolumeClaimRetentionPolicy: {whenScaled: Delete, whenDeleted: Retain}
            template:
              metadata: {labels: {app: db}}
              spec:
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: host
                  command: [sh, -c, 'hostname >> /data/log; exec sleep 1000']
                  volumeMounts: [{name: data, mountPath: /data, subPath: inner}]
            volumeClaimTemplates:
            - metadata: {name: data}
              spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
          """);
      GroupVersionResource sets = GroupVersionResource.of("apps", "v1", "statefulsets");
      awaitObject(
          cluster, sets, "default", "db", set -> set.at("status", "readyReplicas").asInt() == 2);
      KubeObject first = cluster.client().get(PODS, "default", "db-0");
      KubeObject claim = cluster.client().get(CLAIMS, "default", "data-db-0");
      Path log =
          directory
              .resolve("data/volumes")
              .resolve("pvc-" + claim.uid() + "_default_data-db-0/inner/log");
      await().until(() -> Files.exists(log) && Files.readString(log).equals("db-0\n"));
      delete(cluster, PODS, "db-0");
      awaitObject(
          cluster,
          PODS,
          "default",
          "db-0",
          pod -> !pod.uid().equals(first.uid()) && phase("Running").test(pod));
      await().until(() -> Files.readString(log).equals("db-0\ndb-0\n"));

      KubeObject unused =
          cluster
              .client()
              .patch(
                  sets,
                  "default",
                  "db",
                  "",
                  PatchType.MERGE,
                  Json.read("{\"spec\":{\"replicas\":1}}"),
                  WriteOptions.NONE);
      await().until(() -> cluster.client().find(CLAIMS, "default", "data-db-1") == null);
      await().until(() -> directories().size() == 1);
      delete(cluster, sets, "db");
      await().until(() -> cluster.client().find(PODS, "default", "db-0") == null);
      assertThat(phase("Bound").test(cluster.client().get(CLAIMS, "default", "data-db-0")))
          .isTrue();
      assertThat(directories()).hasSize(1);
    }
  }

  @Test
  void pod_namingItsNode_waitsUntilItsClaimIsBound() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory)) {
      awaitDefaultClass(cluster);
      Path data = Files.createDirectory(directory.resolve("mine"));
      create(
          cluster,
          """
          apiVersion: v1
          kind: PersistentVolumeClaim
          metadata: {name: data}
          spec:
            accessModes: [ReadWriteOnce]
            resources: {requests: {storage: 1Gi}}
            storageClassName: ""
          """);
      create(
          cluster,
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: user}
          spec:
            nodeName: test-node
            restartPolicy: Never
            securityContext: {fsGroup: 4242}
            containers:
            - name: main
              image: host
              command: [sh, -c, 'stat -c %g /data && ! touch /data/file && stat -f -c %T /var/run/secrets/kubernetes.io/serviceaccount && ! touch /var/run/secrets/kubernetes.io/serviceaccount/x']
              volumeMounts: [{name: data, mountPath: /data}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: data, readOnly: true}}]
          """);
      awaitEvent(
          cluster,
          "FailedMount",
          "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[],"
              + " failed to process volumes=[data]: error processing PVC default/data: PVC is not"
              + " bound");
      awaitObject(
          cluster,
          PODS,
          "default",
          "user",
          pod ->
              pod.at("status", "containerStatuses")
                  .path(0)
                  .at("/state/waiting/reason")
                  .asText()
                  .equals("ContainerCreating"));
      create(
          cluster,
          """
          apiVersion: v1
          kind: PersistentVolume
          metadata: {name: mine}
          spec:
            capacity: {storage: 1Gi}
            accessModes: [ReadWriteOnce]
            storageClassName: ""
            local: {path: %s}
            nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [
              {key: kubernetes.io/hostname, operator: In, values: [test-node]}]}]}}
          """
              .formatted(data));
      awaitObject(cluster, PODS, "default", "user", phase("Succeeded"));
      assertThat(cluster.kubectl("logs", "user").text()).startsWith("4242\n").contains("tmpfs");
    }
  }

  private static void awaitEvent(TestCluster cluster, String reason, String message) {
    await(reason)
        .untilAsserted(
            () ->
                assertThat(
                        cluster
                            .client()
                            .list(GroupVersionResource.core("events"), "default", ListOptions.ALL)
                            .items()
                            .stream()
                            .map(event -> event.text("reason") + ": " + event.text("message")))
                    .contains(reason + ": " + message));
  }

  @Test
  void pod_emptyDirOrRootTooLarge_isEvicted() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory)) {
      awaitDefaultClass(cluster);
      create(
          cluster,
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: writer}
          spec:
            containers:
            - name: main
              image: host
              command: [sh, -c, 'head -c 2000000 /dev/zero > /srv/file; exec sleep 1000']
              resources: {limits: {ephemeral-storage: 1Mi}}
          """);
      create(
          cluster,
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: hog}
          spec:
            containers:
            - name: main
              image: host
              command: [sh, -c, 'head -c 2000000 /dev/zero > /data/file; exec sleep 1000']
              volumeMounts: [{name: data, mountPath: /data}]
            volumes: [{name: data, emptyDir: {sizeLimit: 1Mi}}]
          """);
      KubeObject pod = awaitObject(cluster, PODS, "default", "hog", phase("Failed"));
      assertThat(pod.text("status", "reason")).isEqualTo("Evicted");
      assertThat(pod.text("status", "message"))
          .isEqualTo("Usage of EmptyDir volume \"data\" exceeds the limit \"1Mi\". ");
      assertThat(pod.at("status", "conditions").toString()).contains("TerminationByKubelet");
      awaitEvent(
          cluster, "Evicted", "Usage of EmptyDir volume \"data\" exceeds the limit \"1Mi\". ");
      assertThat(
              awaitObject(cluster, PODS, "default", "writer", phase("Failed"))
                  .text("status", "message"))
          .isEqualTo(
              "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ");
    }
  }

  @Test
  void claim_onSimulatedNode_isBoundWithoutDirectory() throws Exception {
    try (TestCluster cluster = TestCluster.simulated(directory)) {
      awaitDefaultClass(cluster);
      claim(cluster, "data");
      pod(cluster, "user", "data", "true");
      awaitObject(cluster, PODS, "default", "user", phase("Pending").negate());
      KubeObject claim = awaitObject(cluster, CLAIMS, "default", "data", phase("Bound"));
      KubeObject volume = cluster.client().get(VOLUMES, "", claim.text("spec", "volumeName"));
      assertThat(volume.at("spec", "nodeAffinity").toString()).contains("test-node");
      assertThat(directories()).isEmpty();
      delete(cluster, PODS, "user");
      delete(cluster, CLAIMS, "data");
      await().until(() -> cluster.client().list(VOLUMES, "", ListOptions.ALL).items().isEmpty());
    }
  }

  @Test
  void claim_asksForMore_growsAtOnce() throws Exception {
    try (TestCluster cluster = TestCluster.simulated(directory)) {
      awaitDefaultClass(cluster);
      claim(cluster, "data");
      pod(cluster, "user", "data", "true");
      KubeObject bound = awaitObject(cluster, CLAIMS, "default", "data", phase("Bound"));
      KubeObject unused =
          cluster
              .client()
              .patch(
                  CLAIMS,
                  "default",
                  bound.name(),
                  "",
                  PatchType.MERGE,
                  Json.read("{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"3Gi\"}}}}"),
                  WriteOptions.NONE);
      KubeObject grown =
          awaitObject(
              cluster,
              CLAIMS,
              "default",
              "data",
              claim -> claim.text("status", "capacity", "storage").equals("3Gi"));
      assertThat(grown.text("status", "allocatedResources", "storage")).isEqualTo("3Gi");
      assertThat(grown.at("status").has("conditions")).isFalse();
      assertThat(
              cluster
                  .client()
                  .get(VOLUMES, "", grown.text("spec", "volumeName"))
                  .text("spec", "capacity", "storage"))
          .isEqualTo("3Gi");
    }
  }

  @Test
  void ephemeralVolume_ofPod_comesAndGoesWithIt() throws Exception {
    try (TestCluster cluster = TestCluster.simulated(directory)) {
      awaitDefaultClass(cluster);
      create(
          cluster,
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: user}
          spec:
            containers: [{name: main, image: none}]
            volumes:
            - name: scratch
              ephemeral:
                volumeClaimTemplate:
                  metadata: {labels: {kind: scratch}}
                  spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
          """);
      awaitObject(cluster, PODS, "default", "user", phase("Running"));
      KubeObject claim = awaitObject(cluster, CLAIMS, "default", "user-scratch", phase("Bound"));
      assertThat(claim.labels()).containsEntry("kind", "scratch");
      assertThat(claim.ownerReferences().getFirst().name()).isEqualTo("user");
      delete(cluster, PODS, "user");
      await().until(() -> cluster.client().list(VOLUMES, "", ListOptions.ALL).items().isEmpty());
    }
  }
}
