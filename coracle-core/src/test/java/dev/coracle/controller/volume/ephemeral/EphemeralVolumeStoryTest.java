package dev.coracle.controller.volume.ephemeral;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import dev.coracle.controller.volume.StorageStory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class EphemeralVolumeStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private final StorageStory story = new StorageStory(cluster);

  private KubeObject pod(String name) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default}
        spec:
          containers: [{name: main, image: none, volumeMounts: [{name: work, mountPath: /work}]}]
          volumes:
          - name: work
            ephemeral:
              volumeClaimTemplate:
                metadata: {labels: {type: scratch}, annotations: {by: template}}
                spec:
                  accessModes: [ReadWriteOnce]
                  storageClassName: ""
                  resources: {requests: {storage: 1Gi}}
        """
            .formatted(name));
  }

  @Test
  void pod_hasAClaimOfItsOwn_thatGoesWithIt() {
    KubeObject pod = pod("worker");
    KubeObject claim = story.awaitClaim("worker-work", c -> true);
    assertThat(claim.labels()).containsEntry("type", "scratch");
    assertThat(StorageStory.annotation(claim, "by")).isEqualTo("template");
    assertThat(claim.ownerReferences())
        .singleElement()
        .satisfies(
            owner -> {
              assertThat(owner.uid()).isEqualTo(pod.uid());
              assertThat(owner.kind()).isEqualTo("Pod");
              assertThat(owner.controller()).isTrue();
              assertThat(owner.blockOwnerDeletion()).isTrue();
            });
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "worker-work");
    KubeObject again = story.awaitClaim("worker-work", c -> !c.uid().equals(claim.uid()));
    assertThat(again.controllerRef()).isNotNull();
    story.delete(Resources.PODS, StorageStory.NS, "worker");
    await()
        .until(
            () ->
                cluster
                        .admin()
                        .find(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "worker-work")
                    == null);
  }

  @Test
  void claimOfTheName_ofSomebodyElse_isNotTaken() {
    KubeObject other = story.claim("worker-work", "1Gi", "storageClassName: \"\"");
    KubeObject pod = pod("worker");
    story.awaitEvent(
        StorageStory.NS,
        "worker",
        "FailedBinding",
        "ephemeral volume work: PVC default/worker-work was not created for pod default/worker (pod"
            + " is not owner)");
    assertThat(
            cluster
                .admin()
                .get(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "worker-work")
                .uid())
        .isEqualTo(other.uid());
    story.delete(Resources.PERSISTENT_VOLUME_CLAIMS, StorageStory.NS, "worker-work");
    KubeObject claim = story.awaitClaim("worker-work", c -> !c.uid().equals(other.uid()));
    assertThat(claim.ownerReferences().getFirst().uid()).isEqualTo(pod.uid());
  }

  @Test
  void quotaThatIsHit_isTold_andTheClaimComesWhenThereIsRoom() {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: none, namespace: default}
            spec: {hard: {persistentvolumeclaims: "0"}}
            """);
    unused =
        cluster.awaitObject(
            Resources.RESOURCE_QUOTAS,
            StorageStory.NS,
            "none",
            quota -> quota.at("status", "hard").has("persistentvolumeclaims"));
    unused = pod("worker");
    story.awaitEvent(
        StorageStory.NS,
        "worker",
        "FailedBinding",
        "ephemeral volume work: create PVC worker-work: persistentvolumeclaims \"worker-work\" is"
            + " forbidden: exceeded quota: none, requested: persistentvolumeclaims=1, used:"
            + " persistentvolumeclaims=0, limited: persistentvolumeclaims=0");
    story.delete(Resources.RESOURCE_QUOTAS, StorageStory.NS, "none");
    unused = story.awaitClaim("worker-work", c -> true);
  }
}
