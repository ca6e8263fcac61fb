package dev.coracle.controller.volume.binder;

import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.Volumes;
import org.jspecify.annotations.Nullable;

/** What is due for a volume. Pure. */
sealed interface VolumeDecision {

  /** Its phase is to be this. */
  record Phase(String phase) implements VolumeDecision {}

  /** Its claim has left it: it is released, and its reclaim policy counts. */
  record Reclaim() implements VolumeDecision {}

  /** Its claim does not know of it yet. */
  record TellClaim() implements VolumeDecision {}

  /** It can never be its claim's. */
  record Mismatch(Notice forVolume, Notice forClaim) implements VolumeDecision {}

  /** Its claim has another one. */
  record Unbind() implements VolumeDecision {}

  /**
   * @param claim the one that the volume names, by name and uid; null when it is no more
   */
  static VolumeDecision of(KubeObject volume, @Nullable KubeObject claim) {
    if (volume.text("spec", "claimRef", "uid").isEmpty()) {
      return new Phase("Available");
    }
    if (claim == null) {
      return new Reclaim();
    }
    String name = claim.text("spec", "volumeName");
    if (name.isEmpty()) {
      return Volumes.mode(volume).equals(Volumes.mode(claim))
          ? new TellClaim()
          : new Mismatch(
              Notice.warning(
                  "VolumeMismatch",
                  "Cannot bind PersistentVolume to requested PersistentVolumeClaim \""
                      + claim.name()
                      + "\" due to incompatible volumeMode."),
              Notice.warning(
                  "VolumeMismatch",
                  "Cannot bind PersistentVolume \""
                      + volume.name()
                      + "\" to requested PersistentVolumeClaim due to incompatible volumeMode."));
    }
    if (name.equals(volume.name())) {
      return new Phase("Bound");
    }
    boolean madeForIt =
        StorageAnnotations.has(volume, StorageAnnotations.PROVISIONED_BY)
            && volume.text("spec", "persistentVolumeReclaimPolicy").equals("Delete");
    return madeForIt ? new Reclaim() : new Unbind();
  }

  /** How a released volume goes. */
  enum Way {
    /** It stays as it is. */
    KEEP,
    /** Whoever made it deletes it. */
    LEAVE_TO_PROVISIONER,
    /** The object goes, and nothing else. */
    DELETE,
    /** It can't be reclaimed. */
    FAIL
  }

  /**
   * @param failure of {@link Way#FAIL}; null otherwise
   */
  record Reclaiming(Way way, @Nullable Notice failure) {}

  /** What a volume's reclaim policy comes to. */
  static Reclaiming reclaiming(KubeObject volume) {
    String policy = volume.at("spec", "persistentVolumeReclaimPolicy").asText("Retain");
    return switch (policy) {
      case "Retain" -> new Reclaiming(Way.KEEP, null);
      case "Recycle" ->
          new Reclaiming(
              Way.FAIL,
              Notice.warning("VolumeFailedRecycle", "No recycler plugin found for the volume!"));
      case "Delete" -> deleting(volume);
      default ->
          new Reclaiming(
              Way.FAIL,
              Notice.warning(
                  "VolumeUnknownReclaimPolicy",
                  "Volume has unrecognized PersistentVolumeReclaimPolicy"));
    };
  }

  private static Reclaiming deleting(KubeObject volume) {
    String provisioner = StorageAnnotations.get(volume, StorageAnnotations.PROVISIONED_BY);
    boolean migrated = ClaimDecision.MIGRATED.containsKey(provisioner);
    if (migrated
        || (!provisioner.isEmpty() && !provisioner.startsWith("kubernetes.io/"))
        || volume.at("spec", "csi").isObject()) {
      return new Reclaiming(Way.LEAVE_TO_PROVISIONER, null);
    }
    String path = volume.text("spec", "hostPath", "path");
    if (path.startsWith("/tmp/") && path.length() > "/tmp/".length()) {
      return new Reclaiming(Way.DELETE, null);
    }
    String why =
        path.isEmpty()
            ? "error getting deleter volume plugin for volume \""
                + volume.name()
                + "\": no deletable volume plugin matched"
            : "failed to create deleter for volume \""
                + volume.name()
                + "\": host_path deleter only supports /tmp/.+ but received provided "
                + path;
    return new Reclaiming(Way.FAIL, Notice.warning("VolumeFailedDelete", why));
  }
}
