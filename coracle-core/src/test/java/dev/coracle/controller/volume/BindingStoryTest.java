package dev.coracle.controller.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.Resources;
import dev.coracle.controller.TestCluster;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Claims and volumes through the real API, with all controllers and the scheduler. */
class BindingStoryTest {

  private static final String NS = "default";

  private TestCluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = new TestCluster();
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private KubeObject volume(String name, String size, String more) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %s}
        spec:
          capacity: {storage: %s}
          accessModes: [ReadWriteOnce]
          hostPath: {path: /srv/%s}
          storageClassName: ""
          %s
        """
            .formatted(name, size, name, more));
  }

  private KubeObject claim(String name, String size, String more) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s, namespace: default}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: %s}}
          %s
        """
            .formatted(name, size, more));
  }

  private KubeObject awaitClaim(String name, Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.PERSISTENT_VOLUME_CLAIMS, NS, name, good);
  }

  private KubeObject awaitVolume(String name, Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.PERSISTENT_VOLUMES, "", name, good);
  }

  private static Predicate<KubeObject> phase(String phase) {
    return object -> object.text("status", "phase").equals(phase);
  }

  private void awaitEvent(String namespace, String about, String reason, String message) {
    await(reason)
        .until(
            () ->
                cluster.list(GroupVersionResource.core("events"), namespace).stream()
                    .anyMatch(
                        event ->
                            event.text("involvedObject", "name").equals(about)
                                && event.text("reason").equals(reason)
                                && event.text("message").equals(message)));
  }

  private void delete(GroupVersionResource resource, String namespace, String name) {
    cluster.admin().delete(resource, namespace, name, DeleteOptions.DEFAULT);
  }

  @Test
  void claim_severalVolumes_getsSmallestThatSuits() {
    volume("large", "10Gi", "");
    volume("small", "1Gi", "");
    volume("middle", "5Gi", "");
    for (String name : new String[] {"large", "small", "middle"}) {
      awaitVolume(name, phase("Available"));
    }
    claim("data", "2Gi", "storageClassName: \"\"");
    KubeObject claim = awaitClaim("data", phase("Bound"));
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
    KubeObject volume = awaitVolume("middle", phase("Bound"));
    assertThat(volume.text("spec", "claimRef", "uid")).isEqualTo(claim.uid());
    assertThat(volume.text("spec", "claimRef", "name")).isEqualTo("data");
  }

  @Test
  void claim_waitsForVolume_isBoundWhenOneComes() {
    claim("data", "1Gi", "storageClassName: \"\"");
    awaitEvent(
        NS,
        "data",
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set");
    volume("late", "1Gi", "");
    awaitClaim("data", phase("Bound"));
  }

  @Test
  void volume_reservedForClaim_waitsForIt() {
    volume("reserved", "5Gi", "claimRef: {namespace: default, name: mine}");
    awaitVolume("reserved", phase("Available"));
    claim("other", "1Gi", "storageClassName: \"\"");
    awaitEvent(
        NS,
        "other",
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set");
    KubeObject mine = claim("mine", "1Gi", "storageClassName: \"\"");
    awaitClaim("mine", phase("Bound"));
    KubeObject volume = awaitVolume("reserved", phase("Bound"));
    assertThat(volume.text("spec", "claimRef", "uid")).isEqualTo(mine.uid());
    assertThat(volume.at("metadata", "annotations").has("pv.kubernetes.io/bound-by-controller"))
        .isFalse();
  }

  @Test
  void claim_namesVolumeThatDoesNotSuit_saysWhy() {
    volume("small", "1Gi", "");
    claim("data", "2Gi", "storageClassName: \"\"\n  volumeName: small");
    awaitEvent(
        NS,
        "data",
        "VolumeMismatch",
        "Cannot bind to requested volume \"small\": requested PV is too small");
  }

  @Test
  void claim_deleted_releasesItsVolume() {
    volume("kept", "1Gi", "");
    claim("data", "1Gi", "storageClassName: \"\"");
    awaitClaim("data", phase("Bound"));
    delete(Resources.PERSISTENT_VOLUME_CLAIMS, NS, "data");
    KubeObject volume = awaitVolume("kept", phase("Released"));
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
    awaitVolume("kept", phase("Available"));
  }

  @Test
  void volume_deletePolicyWithoutDeleter_fails() {
    volume("stuck", "1Gi", "persistentVolumeReclaimPolicy: Delete");
    claim("data", "1Gi", "storageClassName: \"\"");
    awaitClaim("data", phase("Bound"));
    delete(Resources.PERSISTENT_VOLUME_CLAIMS, NS, "data");
    KubeObject volume = awaitVolume("stuck", phase("Failed"));
    assertThat(volume.text("status", "message"))
        .isEqualTo(
            "failed to create deleter for volume \"stuck\": host_path deleter only supports"
                + " /tmp/.+ but received provided /srv/stuck");
  }

  @Test
  void volume_deletedUnderItsClaim_staysUntilTheClaimIsGone() {
    volume("held", "1Gi", "");
    claim("data", "1Gi", "storageClassName: \"\"");
    awaitClaim("data", phase("Bound"));
    awaitVolume("held", v -> v.finalizers().contains("kubernetes.io/pv-protection"));
    delete(Resources.PERSISTENT_VOLUMES, "", "held");
    assertThat(awaitVolume("held", KubeObject::isDeleting).text("status", "phase"))
        .isEqualTo("Bound");
    delete(Resources.PERSISTENT_VOLUME_CLAIMS, NS, "data");
    await().until(() -> cluster.admin().find(Resources.PERSISTENT_VOLUMES, "", "held") == null);
  }

  @Test
  void claim_volumeVanished_isLost() {
    volume("lost", "1Gi", "");
    claim("data", "1Gi", "storageClassName: \"\"");
    awaitClaim("data", phase("Bound"));
    awaitVolume("lost", v -> v.finalizers().contains("kubernetes.io/pv-protection"));
    delete(Resources.PERSISTENT_VOLUMES, "", "lost");
    KubeObject volume = awaitVolume("lost", KubeObject::isDeleting);
    ObjectNode tree = volume.mutableTree();
    tree.withObject("/metadata").remove("finalizers");
    cluster.admin().update(Resources.PERSISTENT_VOLUMES, "", "lost", tree);
    KubeObject claim = awaitClaim("data", phase("Lost"));
    assertThat(claim.at("status").has("capacity")).isFalse();
    awaitEvent(
        NS,
        "data",
        "ClaimLost",
        "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  }

  @Test
  void claim_withoutClass_takesTheDefaultOneThatComesLater() {
    claim("data", "1Gi", "");
    awaitEvent(
        NS,
        "data",
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set");
    storageClass("later", "example.com/maker", "Immediate", true);
    KubeObject claim = awaitClaim("data", c -> c.text("spec", "storageClassName").equals("later"));
    assertThat(claim.text("status", "phase")).isEqualTo("Pending");
    KubeObject asked =
        awaitClaim(
            "data",
            c -> c.at("metadata", "annotations").has("volume.kubernetes.io/storage-provisioner"));
    assertThat(
            asked
                .at("metadata", "annotations")
                .path("volume.beta.kubernetes.io/storage-provisioner")
                .asText())
        .isEqualTo("example.com/maker");
    awaitEvent(
        NS,
        "data",
        "ExternalProvisioning",
        "Waiting for a volume to be created either by the external provisioner"
            + " 'example.com/maker' or manually by the system administrator. If volume creation is"
            + " delayed, please verify that the provisioner is running and correctly registered.");
  }

  private void storageClass(String name, String provisioner, String mode, boolean byDefault) {
    cluster.apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata:
          name: %s
          annotations: {storageclass.kubernetes.io/is-default-class: "%s"}
        provisioner: %s
        volumeBindingMode: %s
        """
            .formatted(name, byDefault, provisioner, mode));
  }

  @Test
  void claim_unknownClass_saysSo() {
    claim("data", "1Gi", "storageClassName: nowhere");
    awaitEvent(
        NS, "data", "ProvisioningFailed", "storageclass.storage.k8s.io \"nowhere\" not found");
  }

  @Test
  void claim_waitsForFirstConsumer_isNotBoundBefore() {
    storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer", false);
    volume("here", "1Gi", "").name();
    claim("data", "1Gi", "storageClassName: local");
    awaitEvent(
        NS,
        "data",
        "WaitForFirstConsumer",
        "waiting for first consumer to be created before binding");
  }
}
