package dev.coracle.controller.volume.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import dev.coracle.controller.volume.StorageStory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExpandStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private final StorageStory story = new StorageStory(cluster);

  @BeforeEach
  void prepare() {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: growing}
            provisioner: example.com/none
            allowVolumeExpansion: true
            """);
  }

  private void bound(String name, String provisioner) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata:
              name: %s
              annotations: {pv.kubernetes.io/provisioned-by: %s}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              storageClassName: growing
              hostPath: {path: /srv/%s}
              claimRef: {namespace: default, name: %s}
            """
                .formatted(name, provisioner, name, name));
    unused = story.claim(name, "1Gi", "storageClassName: growing");
    unused = story.awaitClaim(name, StorageStory.phase("Bound"));
  }

  private KubeObject ask(String name, String size) {
    ObjectNode patch = Json.object();
    patch.putObject("spec").putObject("resources").putObject("requests").put("storage", size);
    return cluster
        .admin()
        .patch(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            StorageStory.NS,
            name,
            "",
            PatchType.MERGE,
            patch,
            WriteOptions.NONE);
  }

  private KubeObject awaitSize(String name, String size) {
    return story.awaitClaim(name, c -> c.text("status", "capacity", "storage").equals(size));
  }

  @Test
  void claim_ofLocalPath_growsWithItsVolume() {
    bound("data", "coracle.dev/local-path");
    KubeObject unused = ask("data", "3Gi");
    KubeObject claim = awaitSize("data", "3Gi");
    assertThat(claim.at("status").has("conditions")).isFalse();
    assertThat(claim.at("status").has("allocatedResourceStatuses")).isFalse();
    assertThat(claim.text("status", "allocatedResources", "storage")).isEqualTo("3Gi");
    assertThat(
            cluster
                .admin()
                .get(Resources.PERSISTENT_VOLUMES, "", "data")
                .text("spec", "capacity", "storage"))
        .isEqualTo("3Gi");
    story.awaitEvent(
        StorageStory.NS, "data", "Resizing", "External resizer is resizing volume data");
    story.awaitEvent(StorageStory.NS, "data", "VolumeResizeSuccessful", "Resize volume succeeded");
  }

  @Test
  void claim_ofAnotherProvisioner_waitsForIt() {
    bound("foreign", "example.com/none");
    KubeObject unused = ask("foreign", "2Gi");
    story.awaitEvent(
        StorageStory.NS,
        "foreign",
        "ExternalExpanding",
        "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for an"
            + " external controller to process this PVC.");
    assertThat(
            cluster
                .admin()
                .get(Resources.PERSISTENT_VOLUMES, "", "foreign")
                .text("spec", "capacity", "storage"))
        .isEqualTo("1Gi");
  }

  @Test
  void claim_thatAskedWhileNoControllerRan_growsWhenOneDoes() throws Exception {
    bound("late", "coracle.dev/local-path");
    cluster.restartControllers(
        () -> {
          KubeObject unused = ask("late", "2Gi");
        });
    KubeObject unused = awaitSize("late", "2Gi");
  }

  @Test
  void claim_thatAsksForLess_isRefused() {
    bound("less", "coracle.dev/local-path");
    assertThatThrownBy(() -> ask("less", "500Mi"))
        .hasMessageContaining("field can not be less than status.capacity");
  }
}
