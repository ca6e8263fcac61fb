package dev.coracle.controller.volume.binder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DecisionsTest {

  private final List<KubeObject> volumes = new ArrayList<>();
  private final List<KubeObject> classes = new ArrayList<>();
  private final List<String> pods = new ArrayList<>();

  private final StorageView view =
      new StorageView() {
        @Override
        public Collection<KubeObject> volumes() {
          return volumes;
        }

        @Override
        public @Nullable KubeObject volume(String name) {
          return named(volumes, name);
        }

        @Override
        public Collection<KubeObject> storageClasses() {
          return classes;
        }

        @Override
        public @Nullable KubeObject storageClass(String name) {
          return named(classes, name);
        }

        @Override
        public List<String> waitingPods(KubeObject claim) {
          return pods;
        }
      };

  private static @Nullable KubeObject named(List<KubeObject> objects, String name) {
    return objects.stream().filter(o -> o.name().equals(name)).findFirst().orElse(null);
  }

  private KubeObject volume(String name, String size, String modes, String more) {
    KubeObject volume =
        Make.object(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: %s, labels: {tier: %s}}
            spec: {capacity: {storage: %s}, accessModes: [%s], hostPath: {path: /srv}%s}
            status: {phase: Available}
            """
                .formatted(name, name, size, modes, more));
    volumes.add(volume);
    return volume;
  }

  private static KubeObject claim(String more, String annotations) {
    return Make.object(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: ns, uid: u1, annotations: {%s}}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}%s}
        status: {phase: Pending}
        """
            .formatted(annotations, more));
  }

  private ClaimDecision of(String more) {
    return ClaimDecision.of(claim(more, ""), view);
  }

  private static String waiting(ClaimDecision decision) {
    assertThat(decision).isInstanceOf(ClaimDecision.Wait.class);
    Notice notice = ((ClaimDecision.Wait) decision).notice();
    return notice == null ? "" : notice.message();
  }

  @Test
  void claim_fewerModesSuit_beforeSmallerVolumesOfMore() {
    volume("shared", "1Gi", "ReadWriteOnce, ReadWriteMany", "");
    KubeObject plain = volume("plain", "2Gi", "ReadWriteOnce", "");
    assertThat(of(", storageClassName: \"\"")).isEqualTo(new ClaimDecision.Bind(plain));
  }

  @Test
  void claim_selectorAndMode_areHeeded() {
    volume("a", "1Gi", "ReadWriteOnce", "");
    KubeObject wanted = volume("b", "5Gi", "ReadWriteOnce", "");
    volume("c", "2Gi", "ReadWriteOnce", ", volumeMode: Block");
    assertThat(of(", storageClassName: \"\", selector: {matchLabels: {tier: b}}"))
        .isEqualTo(new ClaimDecision.Bind(wanted));
    assertThat(of(", storageClassName: \"\", selector: {matchLabels: {tier: c}}"))
        .isInstanceOf(ClaimDecision.Wait.class);
  }

  @Test
  void claim_halfBoundByOneThatDied_isFinished() {
    KubeObject volume =
        volume("half", "1Gi", "ReadWriteOnce", ", claimRef: {namespace: ns, name: data, uid: u1}");
    volume("other", "1Gi", "ReadWriteOnce", "");
    assertThat(of(", storageClassName: \"\"")).isEqualTo(new ClaimDecision.Bind(volume));
  }

  @Test
  void claim_volumeOfAnotherClaimOfTheSameName_isNotTaken() {
    volume("old", "1Gi", "ReadWriteOnce", ", claimRef: {namespace: ns, name: data, uid: u0}");
    assertThat(waiting(of(", storageClassName: \"\""))).contains("no persistent volumes available");
    assertThat(waiting(of(", storageClassName: \"\", volumeName: old")))
        .isEqualTo("volume \"old\" already bound to a different claim.");
  }

  @Test
  void claim_waitingClass_saysForWhom() {
    classes.add(
        Make.object(
            """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: lazy}
            provisioner: example.com/maker
            volumeBindingMode: WaitForFirstConsumer
            """));
    String lazy = ", storageClassName: lazy";
    assertThat(waiting(of(lazy)))
        .isEqualTo("waiting for first consumer to be created before binding");
    pods.add("one");
    assertThat(waiting(of(lazy))).isEqualTo("waiting for pod one to be scheduled");
    pods.add("two");
    assertThat(waiting(of(lazy))).isEqualTo("waiting for pods one,two to be scheduled");
    assertThat(ClaimDecision.of(claim(lazy, "volume.kubernetes.io/selected-node: node-1"), view))
        .isEqualTo(new ClaimDecision.Provision("example.com/maker"));
  }

  @Test
  void claim_provisionerOfNobody_saysSo() {
    classes.add(
        Make.object(
            """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: none}
            provisioner: kubernetes.io/no-provisioner
            volumeBindingMode: Immediate
            """));
    assertThat(waiting(of(", storageClassName: none")))
        .isEqualTo("no volume plugin matched name: kubernetes.io/no-provisioner");
  }

  @Test
  void claim_boundButItsVolumeIsAnothers_isLost() {
    volume("v", "1Gi", "ReadWriteOnce", ", claimRef: {namespace: ns, name: x, uid: u9}");
    ClaimDecision decision =
        ClaimDecision.of(claim(", volumeName: v", "pv.kubernetes.io/bind-completed: 'yes'"), view);
    assertThat(decision).isInstanceOf(ClaimDecision.Lose.class);
    assertThat(((ClaimDecision.Lose) decision).notice().reason()).isEqualTo("ClaimMisbound");
  }

  @Test
  void volume_claimGotAnother_isFreedOrDeleted() {
    KubeObject claim = claim(", volumeName: other", "");
    String reference = ", claimRef: {namespace: ns, name: data, uid: u1}";
    assertThat(VolumeDecision.of(volume("a", "1Gi", "ReadWriteOnce", reference), claim))
        .isEqualTo(new VolumeDecision.Unbind());
    KubeObject made =
        Make.object(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: b, annotations: {pv.kubernetes.io/provisioned-by: example.com/maker}}
            spec:
              persistentVolumeReclaimPolicy: Delete
              claimRef: {namespace: ns, name: data, uid: u1}
            """);
    assertThat(VolumeDecision.of(made, claim)).isEqualTo(new VolumeDecision.Reclaim());
    assertThat(VolumeDecision.reclaiming(made).way())
        .isEqualTo(VolumeDecision.Way.LEAVE_TO_PROVISIONER);
  }

  @Test
  void volume_policies_comeToTheirWays() {
    KubeObject recycled =
        volume("r", "1Gi", "ReadWriteOnce", ", persistentVolumeReclaimPolicy: Recycle");
    assertThat(VolumeDecision.reclaiming(recycled).way()).isEqualTo(VolumeDecision.Way.FAIL);
    KubeObject kept = volume("k", "1Gi", "ReadWriteOnce", "");
    assertThat(VolumeDecision.reclaiming(kept).way()).isEqualTo(VolumeDecision.Way.KEEP);
  }
}
