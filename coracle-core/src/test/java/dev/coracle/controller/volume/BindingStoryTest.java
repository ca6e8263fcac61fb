package dev.coracle.controller.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Claims and volumes through the real API, with all controllers and the scheduler. */
class BindingStoryTest {

  private static final String NS = StorageStory.NS;

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private final StorageStory story = new StorageStory(cluster);

  @Test
  void claim_severalVolumes_getsSmallestThatSuits() {
    story.volume("large", "10Gi", "");
    story.volume("small", "1Gi", "");
    story.volume("middle", "5Gi", "");
    for (String name : new String[] {"large", "small", "middle"}) {
      story.awaitVolume(name, StorageStory.phase("Available"));
    }
    story.claim("data", "2Gi", "storageClassName: \"\"");
    KubeObject claim = story.awaitClaim("data", StorageStory.phase("Bound"));
    assertThat(claim.text("spec", "volumeName")).isEqualTo("middle");
    assertThat(claim.text("status", "capacity", "storage")).isEqualTo("5Gi");
    assertThat(claim.at("status", "accessModes").toString()).isEqualTo("[\"ReadWriteOnce\"]");
    assertThat(claim.at("metadata", "annotations").path("pv.kubernetes.io/bind-completed").asText())
        .isEqualTo("yes");
    assertThat(
            claim
                .at("metadata", "annotations")
                .path("pv.kubernetes.io/bound-by-controller")
                .asText())
        .isEqualTo("yes");
    KubeObject volume = story.awaitVolume("middle", StorageStory.phase("Bound"));
    assertThat(volume.text("spec", "claimRef", "uid")).isEqualTo(claim.uid());
    assertThat(volume.text("spec", "claimRef", "name")).isEqualTo("data");
  }

  @Test
  void claim_waitsForVolume_isBoundWhenOneComes() {
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.awaitEvent(
        NS,
        "data",
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set");
    story.volume("late", "1Gi", "");
    story.awaitClaim("data", StorageStory.phase("Bound"));
  }

  @Test
  void volume_reservedForClaim_waitsForIt() {
    story.volume("reserved", "5Gi", "claimRef: {namespace: default, name: mine}");
    story.awaitVolume("reserved", StorageStory.phase("Available"));
    story.claim("other", "1Gi", "storageClassName: \"\"");
    story.awaitEvent(
        NS,
        "other",
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set");
    KubeObject mine = story.claim("mine", "1Gi", "storageClassName: \"\"");
    story.awaitClaim("mine", StorageStory.phase("Bound"));
    KubeObject volume = story.awaitVolume("reserved", StorageStory.phase("Bound"));
    assertThat(volume.text("spec", "claimRef", "uid")).isEqualTo(mine.uid());
    assertThat(volume.at("metadata", "annotations").has("pv.kubernetes.io/bound-by-controller"))
        .isFalse();
  }

  @Test
  void claim_namesVolumeThatDoesNotSuit_saysWhy() {
    story.volume("small", "1Gi", "");
    story.claim("data", "2Gi", "storageClassName: \"\"\n  volumeName: small");
    story.awaitEvent(
        NS,
        "data",
        "VolumeMismatch",
        "Cannot bind to requested volume \"small\": requested PV is too small");
  }

  @Test
  void claim_deleted_releasesItsVolume() {
    story.volume("kept", "1Gi", "");
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.awaitClaim("data", StorageStory.phase("Bound"));
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, NS, "data");
    KubeObject volume = story.awaitVolume("kept", StorageStory.phase("Released"));
    assertThat(volume.text("spec", "claimRef", "name")).isEqualTo("data");
    cluster
        .admin()
        .patch(
            Resources.PERSISTENT_VOLUMES,
            "",
            "kept",
            "",
            PatchType.MERGE,
            dev.coracle.api.Json.read("{\"spec\":{\"claimRef\":null}}"),
            WriteOptions.NONE);
    story.awaitVolume("kept", StorageStory.phase("Available"));
  }

  @Test
  void volume_deletePolicyWithoutDeleter_fails() {
    story.volume("stuck", "1Gi", "persistentVolumeReclaimPolicy: Delete");
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.awaitClaim("data", StorageStory.phase("Bound"));
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, NS, "data");
    KubeObject volume = story.awaitVolume("stuck", StorageStory.phase("Failed"));
    assertThat(volume.text("status", "message"))
        .isEqualTo(
            "failed to create deleter for volume \"stuck\": host_path deleter only supports"
                + " /tmp/.+ but received provided /srv/stuck");
  }

  @Test
  void volume_deletedUnderItsClaim_staysUntilTheClaimIsGone() {
    story.volume("held", "1Gi", "");
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.awaitClaim("data", StorageStory.phase("Bound"));
    story.awaitVolume("held", v -> v.finalizers().contains("kubernetes.io/pv-protection"));
    story.delete(Resources.PERSISTENT_VOLUMES, "", "held");
    assertThat(story.awaitVolume("held", KubeObject::isDeleting).text("status", "phase"))
        .isEqualTo("Bound");
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, NS, "data");
    await().until(() -> cluster.admin().find(Resources.PERSISTENT_VOLUMES, "", "held") == null);
  }

  @Test
  void claim_volumeVanished_isLost() {
    story.volume("lost", "1Gi", "");
    story.claim("data", "1Gi", "storageClassName: \"\"");
    story.awaitClaim("data", StorageStory.phase("Bound"));
    story.awaitVolume("lost", v -> v.finalizers().contains("kubernetes.io/pv-protection"));
    story.delete(Resources.PERSISTENT_VOLUMES, "", "lost");
    KubeObject volume = story.awaitVolume("lost", KubeObject::isDeleting);
    ObjectNode tree = volume.mutableTree();
    tree.withObject("/metadata").remove("finalizers");
    cluster.admin().update(Resources.PERSISTENT_VOLUMES, "", "lost", tree);
    KubeObject claim = story.awaitClaim("data", StorageStory.phase("Lost"));
    assertThat(claim.at("status").has("capacity")).isFalse();
    story.awaitEvent(
        NS,
        "data",
        "ClaimLost",
        "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  }

  @Test
  void claim_withoutClass_takesTheDefaultOneThatComesLater() {
    story.claim("data", "1Gi", "");
    story.awaitEvent(
        NS,
        "data",
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set");
    story.storageClass("later", "example.com/maker", "Immediate", true);
    KubeObject claim =
        story.awaitClaim("data", c -> c.text("spec", "storageClassName").equals("later"));
    assertThat(claim.text("status", "phase")).isEqualTo("Pending");
    KubeObject asked =
        story.awaitClaim(
            "data",
            c -> c.at("metadata", "annotations").has("volume.kubernetes.io/storage-provisioner"));
    assertThat(
            asked
                .at("metadata", "annotations")
                .path("volume.beta.kubernetes.io/storage-provisioner")
                .asText())
        .isEqualTo("example.com/maker");
    story.awaitEvent(
        NS,
        "data",
        "ExternalProvisioning",
        "Waiting for a volume to be created either by the external provisioner"
            + " 'example.com/maker' or manually by the system administrator. If volume creation is"
            + " delayed, please verify that the provisioner is running and correctly registered.");
  }

  @Test
  void claim_unknownClass_saysSo() {
    story.claim("data", "1Gi", "storageClassName: nowhere");
    story.awaitEvent(
        NS, "data", "ProvisioningFailed", "storageclass.storage.k8s.io \"nowhere\" not found");
  }

  @Test
  void claim_waitsForFirstConsumer_isNotBoundBefore() {
    story.storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer", false);
    story.volume("here", "1Gi", "").name();
    story.claim("data", "1Gi", "storageClassName: local");
    story.awaitEvent(
        NS,
        "data",
        "WaitForFirstConsumer",
        "waiting for first consumer to be created before binding");
  }
}
