package dev.coracle.controller.volume.binder;

import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.StorageClasses;
import dev.coracle.client.storage.Volumes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is due for a claim. Pure. */
sealed interface ClaimDecision {

  /** The two belong together: both are to say so. */
  record Bind(KubeObject volume) implements ClaimDecision {}

  /** It waits. */
  record Wait(@Nullable Notice notice) implements ClaimDecision {}

  /** It named no class, and there is a default one now. */
  record TakeClass(String storageClass) implements ClaimDecision {}

  /** A provisioner outside this controller is to make a volume. */
  record Provision(String provisioner) implements ClaimDecision {}

  /** Its volume is gone or another's, for good. */
  record Lose(Notice notice) implements ClaimDecision {}

  /** What the provisioners that once were a part of Kubernetes are called today. */
  Map<String, String> MIGRATED =
      Map.of(
          "kubernetes.io/aws-ebs", "ebs.csi.aws.com",
          "kubernetes.io/gce-pd", "pd.csi.storage.gke.io",
          "kubernetes.io/azure-disk", "disk.csi.azure.com",
          "kubernetes.io/azure-file", "file.csi.azure.com",
          "kubernetes.io/cinder", "cinder.csi.openstack.org",
          "kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com",
          "kubernetes.io/portworx-volume", "pxd.portworx.com");

  static ClaimDecision of(KubeObject claim, StorageView view) {
    boolean completed = StorageAnnotations.has(claim, StorageAnnotations.BIND_COMPLETED);
    return completed ? ofBound(claim, view) : ofUnbound(claim, view);
  }

  private static ClaimDecision ofUnbound(KubeObject claim, StorageView view) {
    String name = claim.text("spec", "volumeName");
    if (name.isEmpty()) {
      return ofFree(claim, view);
    }
    KubeObject volume = view.volume(name);
    if (volume == null) {
      return new Wait(null);
    }
    if (!volume.at("spec", "claimRef").isObject()) {
      String obstacle = obstacle(volume, claim);
      return obstacle == null
          ? new Bind(volume)
          : new Wait(
              Notice.warning(
                  "VolumeMismatch",
                  "Cannot bind to requested volume \"" + name + "\": " + obstacle));
    }
    return Volumes.isBoundTo(volume, claim)
        ? new Bind(volume)
        : new Wait(
            Notice.warning(
                "FailedBinding", "volume \"" + name + "\" already bound to a different claim."));
  }

  /** Why a volume that a claim names can't be its own; null when it can. */
  private static @Nullable String obstacle(KubeObject volume, KubeObject claim) {
    if (volume.isDeleting()) {
      return "the volume is marked for deletion \"" + volume.name() + "\"";
    }
    if (Volumes.capacity(volume).compareTo(Volumes.requested(claim)) < 0) {
      return "requested PV is too small";
    }
    if (!Volumes.storageClass(volume).equals(Volumes.storageClass(claim))) {
      return "storageClassName does not match";
    }
    if (!Volumes.attributesClass(volume).equals(Volumes.attributesClass(claim))) {
      return "volumeAttributesClassName does not match";
    }
    if (!Volumes.mode(volume).equals(Volumes.mode(claim))) {
      return "incompatible volumeMode";
    }
    return Volumes.hasModes(volume, claim) ? null : "incompatible accessMode";
  }

  /** A claim that leaves the choice of the volume to us. */
  private static ClaimDecision ofFree(KubeObject claim, StorageView view) {
    boolean delayed = StorageClasses.delaysBinding(claim, view::storageClass);
    KubeObject volume = Volumes.find(claim, view.volumes(), delayed);
    if (volume != null) {
      return new Bind(volume);
    }
    if (!Volumes.hasClass(claim.tree())) {
      KubeObject byDefault = StorageClasses.defaultOf(view.storageClasses());
      if (byDefault != null) {
        return new TakeClass(byDefault.name());
      }
    }
    if (delayed && !StorageAnnotations.has(claim, StorageAnnotations.SELECTED_NODE)) {
      return new Wait(waiting(view.waitingPods(claim)));
    }
    String className = Volumes.storageClass(claim);
    if (className.isEmpty()) {
      return new Wait(
          Notice.normal(
              "FailedBinding",
              "no persistent volumes available for this claim and no storage class is set"));
    }
    KubeObject storageClass = view.storageClass(className);
    if (storageClass == null) {
      return new Wait(
          Notice.warning(
              "ProvisioningFailed", "storageclass.storage.k8s.io \"" + className + "\" not found"));
    }
    String provisioner = storageClass.text("provisioner");
    String today = MIGRATED.getOrDefault(provisioner, provisioner);
    return today.startsWith("kubernetes.io/")
        ? new Wait(
            Notice.warning("ProvisioningFailed", "no volume plugin matched name: " + provisioner))
        : new Provision(today);
  }

  private static Notice waiting(List<String> pods) {
    return switch (pods.size()) {
      case 0 ->
          Notice.normal(
              "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
      case 1 ->
          Notice.normal(
              "WaitForPodScheduled", "waiting for pod " + pods.getFirst() + " to be scheduled");
      default ->
          Notice.normal(
              "WaitForPodScheduled",
              "waiting for pods " + String.join(",", pods) + " to be scheduled");
    };
  }

  private static ClaimDecision ofBound(KubeObject claim, StorageView view) {
    String name = claim.text("spec", "volumeName");
    if (name.isEmpty()) {
      return new Lose(
          Notice.warning(
              "ClaimLost",
              "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"));
    }
    KubeObject volume = view.volume(name);
    if (volume == null) {
      return new Lose(
          Notice.warning(
              "ClaimLost",
              "Bound claim has lost its PersistentVolume. Data on the volume is lost!"));
    }
    boolean free = !volume.at("spec", "claimRef").isObject();
    if (free || volume.text("spec", "claimRef", "uid").equals(claim.uid())) {
      return new Bind(volume);
    }
    return new Lose(
        Notice.warning(
            "ClaimMisbound",
            "Two claims are bound to the same volume, this one is bound incorrectly"));
  }
}
