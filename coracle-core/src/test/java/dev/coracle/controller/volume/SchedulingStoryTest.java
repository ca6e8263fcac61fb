package dev.coracle.controller.volume;

import static dev.coracle.controller.volume.StorageStory.phase;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Pods with claims get nodes that reach their volumes. */
class SchedulingStoryTest {

  private static final String ON_NODE_2 =
      """
      nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [
            {key: kubernetes.io/hostname, operator: In, values: [node-2]}]}]}}
      """;

  @AutoClose
  private final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start().withNode("node-1", "8", 100).withNode("node-2", "8", 100);

  private final StorageStory story = new StorageStory(cluster);

  private KubeObject localVolume(String name, String more) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %s}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          local: {path: /srv/%s}
          storageClassName: local
          %s
        """
            .formatted(name, name, more));
  }

  @Test
  void pod_claimOfWaitingClass_bindsVolumeOfItsNode() {
    story.storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer", false);
    localVolume("far", ON_NODE_2);
    story.awaitVolume("far", phase("Available"));
    story.claim("data", "1Gi", "storageClassName: local");
    story.pod("user", "data", "");
    KubeObject pod = story.awaitPod("user", p -> !p.text("spec", "nodeName").isEmpty());
    assertThat(pod.text("spec", "nodeName")).isEqualTo("node-2");
    story.awaitClaim("data", phase("Bound"));
  }

  @Test
  void pod_noVolumeToBind_saysSoAndWakesWhenOneComes() {
    story.storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer", false);
    story.claim("data", "1Gi", "storageClassName: local");
    story.pod("user", "data", "");
    story.awaitEvent(
        StorageStory.NS,
        "user",
        "FailedScheduling",
        "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no"
            + " new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not"
            + " helpful for scheduling.");
    localVolume("late", ON_NODE_2);
    story.awaitPod("user", p -> p.text("spec", "nodeName").equals("node-2"));
  }

  @Test
  void pod_immediateClaimUnbound_waitsForIt() {
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.pod("user", "data", "");
    story.awaitEvent(
        StorageStory.NS,
        "user",
        "FailedScheduling",
        "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found");
    story.volume("late", "1Gi", ON_NODE_2);
    story.awaitPod("user", p -> p.text("spec", "nodeName").equals("node-2"));
  }

  @Test
  void pod_volumeOnAnotherNode_saysSo() {
    story.volume("far", "1Gi", ON_NODE_2);
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.awaitClaim("data", phase("Bound"));
    story.pod("user", "data", "nodeSelector: {kubernetes.io/hostname: node-1}");
    story.awaitEvent(
        StorageStory.NS,
        "user",
        "FailedScheduling",
        "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 1"
            + " node(s) didn't match Pod's node affinity/selector. no new claims to deallocate,"
            + " preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
  }

  @Test
  void pod_claimOfProvisionedClass_waitsForTheProvisioner() {
    story.storageClass("made", "example.com/maker", "WaitForFirstConsumer", false);
    story.claim("data", "1Gi", "storageClassName: made");
    story.pod("user", "data", "nodeSelector: {kubernetes.io/hostname: node-2}");
    KubeObject claim =
        story.awaitClaim(
            "data",
            c -> !StorageStory.annotation(c, "volume.kubernetes.io/storage-provisioner").isEmpty());
    assertThat(StorageStory.annotation(claim, "volume.kubernetes.io/selected-node"))
        .isEqualTo("node-2");
    assertThat(
            cluster.admin().get(Resources.PODS, StorageStory.NS, "user").text("spec", "nodeName"))
        .isEmpty();
    cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata:
          name: pvc-%s
          annotations: {pv.kubernetes.io/provisioned-by: example.com/maker}
        spec:
          capacity: {storage: 2Gi}
          accessModes: [ReadWriteOnce]
          persistentVolumeReclaimPolicy: Delete
          hostPath: {path: /srv/made}
          storageClassName: made
          claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: default, name: data, uid: %s}
          %s
        """
            .formatted(claim.uid(), claim.uid(), ON_NODE_2));
    story.awaitPod("user", p -> p.text("spec", "nodeName").equals("node-2"));
    assertThat(story.awaitClaim("data", phase("Bound")).text("status", "capacity", "storage"))
        .isEqualTo("2Gi");
  }

  @Test
  void pod_provisionerGivesUp_isScheduledAnew() {
    story.storageClass("made", "example.com/maker", "WaitForFirstConsumer", false);
    story.claim("data", "1Gi", "storageClassName: made");
    story.pod("user", "data", "");
    KubeObject claim =
        story.awaitClaim(
            "data",
            c -> !StorageStory.annotation(c, "volume.kubernetes.io/storage-provisioner").isEmpty());
    ObjectNode tree = claim.mutableTree();
    tree.withObject("/metadata")
        .withObject("/annotations")
        .remove("volume.kubernetes.io/selected-node");
    KubeObject without =
        cluster.admin().update(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "data", tree);
    story.awaitEvent(
        StorageStory.NS,
        "user",
        "FailedScheduling",
        "running PreBind plugin \"VolumeBinding\": binding volumes: provisioning failed for PVC"
            + " \"data\"");
    story.awaitClaim(
        "data",
        c ->
            c.resourceVersion() > without.resourceVersion()
                && !StorageStory.annotation(c, "volume.kubernetes.io/selected-node").isEmpty());
  }

  @Test
  void pod_claimForOnePod_isTakenByAnother() {
    cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: alone}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOncePod]
          hostPath: {path: /srv/alone}
          storageClassName: ""
        """);
    cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: default}
        spec:
          accessModes: [ReadWriteOncePod]
          resources: {requests: {storage: 1Gi}}
          storageClassName: ""
        """);
    story.awaitClaim("data", phase("Bound"));
    story.pod("first", "data", "");
    story.awaitPod("first", p -> !p.text("spec", "nodeName").isEmpty());
    story.pod("second", "data", "");
    story.awaitEvent(
        StorageStory.NS,
        "second",
        "FailedScheduling",
        "0/2 nodes are available: 2 node has pod using PersistentVolumeClaim with the same name"
            + " and ReadWriteOncePod access mode. no new claims to deallocate, preemption: 0/2"
            + " nodes are available: 2 No preemption victims found for incoming pod.");
    story.delete(Resources.PODS, StorageStory.NS, "first");
    story.awaitPod("second", p -> !p.text("spec", "nodeName").isEmpty());
  }

  @Test
  void claim_deletedWhileUsed_staysUntilThePodIsGone() {
    story.volume("held", "1Gi", "");
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.awaitClaim("data", phase("Bound"));
    story.pod("user", "data", "");
    story.awaitPod("user", phase("Running"));
    story.awaitClaim("data", c -> c.finalizers().contains("kubernetes.io/pvc-protection"));
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "data");
    story.awaitClaim("data", KubeObject::isDeleting);
    story.pod("late", "data", "");
    story.awaitEvent(
        StorageStory.NS,
        "late",
        "FailedScheduling",
        "0/2 nodes are available: persistentvolumeclaim \"data\" is being deleted. not found");
    story.delete(Resources.PODS, StorageStory.NS, "user");
    story.awaitVolume("held", phase("Released"));
  }
}
