package dev.coracle.controller.volume.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import dev.coracle.controller.volume.StorageStory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ProtectionStoryTest {

  @AutoClose
  private final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start().withNode("node-1", "8", 100);

  private final StorageStory story = new StorageStory(cluster);

  private void awaitGone(GroupVersionResource resource, String namespace, String name) {
    await(name).until(() -> cluster.admin().find(resource, namespace, name) == null);
  }

  private void boundClaim() {
    KubeObject unused = story.volume("disk", "1Gi", "");
    unused = story.claim("data", "1Gi", "storageClassName: \"\"");
    unused = story.awaitClaim("data", StorageStory.phase("Bound"));
    unused = story.awaitClaim("data", c -> c.finalizers().contains("kubernetes.io/pvc-protection"));
  }

  @Test
  void claim_ofAPodThatHasNoNode_goesAtOnce() {
    boundClaim();
    KubeObject unused = story.pod("waiting", "data", "schedulingGates: [{name: example.com/wait}]");
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "data");
    awaitGone(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "data");
  }

  @Test
  void claim_ofAPodThatEndsWhileNoControllerRuns_goesWhenOneDoes() throws Exception {
    boundClaim();
    KubeObject unused = story.pod("user", "data", "");
    unused = story.awaitPod("user", StorageStory.phase("Running"));
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "data");
    unused = story.awaitClaim("data", KubeObject::isDeleting);
    cluster.restartControllers(
        () -> {
          story.delete(Resources.PODS, StorageStory.NS, "user");
          awaitGone(Resources.PODS, StorageStory.NS, "user");
        });
    awaitGone(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "data");
    unused = story.awaitVolume("disk", StorageStory.phase("Released"));
  }

  @Test
  void finalizer_thatSomebodyTakes_comesBack() {
    boundClaim();
    KubeObject volume =
        story.awaitVolume("disk", v -> v.finalizers().contains("kubernetes.io/pv-protection"));
    ObjectNode tree = volume.mutableTree();
    tree.withObject("/metadata").remove(java.util.List.of("finalizers", "resourceVersion"));
    KubeObject bare = cluster.admin().update(Resources.PERSISTENT_VOLUMES, "", "disk", tree);
    assertThat(bare.finalizers()).isEmpty();
    volume = story.awaitVolume("disk", v -> v.finalizers().contains("kubernetes.io/pv-protection"));
    assertThat(volume.text("status", "phase")).isEqualTo("Bound");
  }

  @Test
  void attributesClass_thatAVolumeHas_staysUntilItIsGone() {
    KubeObject unused =
        cluster
            .admin()
            .create(
                Resources.VOLUME_ATTRIBUTES_CLASSES,
                "",
                ControlPlaneInMemory.yaml(
                    """
                    apiVersion: storage.k8s.io/v1
                    kind: VolumeAttributesClass
                    metadata: {name: gold}
                    driverName: driver.example.com
                    parameters: {iops: "1000"}
                    """));
    unused =
        cluster.awaitObject(
            Resources.VOLUME_ATTRIBUTES_CLASSES,
            "",
            "gold",
            c -> c.finalizers().contains("kubernetes.io/vac-protection"));
    unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: golden}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              volumeAttributesClassName: gold
              csi: {driver: driver.example.com, volumeHandle: one}
            """);
    unused = story.volume("plain", "1Gi", "");
    KubeObject claim =
        story.claim("data", "1Gi", "storageClassName: \"\"\n  volumeAttributesClassName: gold");
    claim = story.awaitClaim("data", StorageStory.phase("Bound"));
    assertThat(claim.text("spec", "volumeName")).isEqualTo("golden");
    assertThat(claim.text("status", "currentVolumeAttributesClassName")).isEqualTo("gold");
    story.delete(Resources.VOLUME_ATTRIBUTES_CLASSES, "", "gold");
    unused =
        cluster.awaitObject(
            Resources.VOLUME_ATTRIBUTES_CLASSES, "", "gold", KubeObject::isDeleting);
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "data");
    unused = story.awaitVolume("golden", StorageStory.phase("Released"));
    story.delete(Resources.PERSISTENT_VOLUMES, "", "golden");
    awaitGone(Resources.VOLUME_ATTRIBUTES_CLASSES, "", "gold");
  }
}
