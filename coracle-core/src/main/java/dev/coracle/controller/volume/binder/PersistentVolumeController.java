package dev.coracle.controller.volume.binder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Overlay;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.Volumes;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Binds claims and volumes. One worker for both, so that no two decisions are made at a time;
 * writes go volume first, then claim, and each step can be taken up where a crash left it.
 */
public final class PersistentVolumeController implements Controller {

  /** The source of its events; its ServiceAccount is {@link #ACCOUNT}. */
  public static final String NAME = "persistentvolume-controller";

  public static final String ACCOUNT = "persistent-volume-binder";

  /** How often a claim that waits is looked at, and its event told again. */
  private static final Duration RESYNC = Duration.ofSeconds(15);

  private static final String WAITING = "claimsWaitingByClass";
  private static final String NAMING = "claimsByVolume";

  private sealed interface Key {}

  private record ClaimKey(String namespace, String name) implements Key {}

  private record VolumeKey(String name) implements Key {}

  private final ControllerContext context;
  private final SharedInformer claimInformer;
  private final SharedInformer volumeInformer;
  private final SharedInformer classes;
  private final SharedInformer pods;
  private final Overlay claims;
  private final Overlay volumes;
  private final View view = new View();
  private final Work<Key> work;

  public PersistentVolumeController(ControllerContext context) {
    this.context = context;
    this.claimInformer = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.volumeInformer = context.informers().of(Resources.PERSISTENT_VOLUMES);
    this.classes = context.informers().of(Resources.STORAGE_CLASSES);
    this.pods = context.informers().of(Resources.PODS);
    this.claims = new Overlay(claimInformer);
    this.volumes = new Overlay(volumeInformer);
    this.work = new Work<>(NAME, context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    PodClaims.index(pods);
    claimInformer.addIndex(
        WAITING,
        claim -> Volumes.isBound(claim) ? List.of() : List.of(Volumes.storageClass(claim)));
    claimInformer.addIndex(
        NAMING,
        claim -> {
          String volume = claim.text("spec", "volumeName");
          return volume.isEmpty() ? List.of() : List.of(volume);
        });
    work.need(pods);
    volumeInformer.awaitSync();
    claimInformer.awaitSync();
    work.watch(claimInformer, this::claimChanged);
    work.watch(volumeInformer, this::volumeChanged);
    work.watch(classes, this::classChanged);
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private static ClaimKey key(KubeObject claim) {
    return new ClaimKey(claim.namespace(), claim.name());
  }

  private void claimChanged(KubeObject claim) {
    work.queue().add(key(claim));
    String volume = claim.text("spec", "volumeName");
    if (!volume.isEmpty()) {
      work.queue().add(new VolumeKey(volume));
    }
  }

  private void volumeChanged(KubeObject volume) {
    work.queue().add(new VolumeKey(volume.name()));
    claimInformer.byIndex(NAMING, volume.name()).forEach(claim -> work.queue().add(key(claim)));
    if (volume.text("status", "phase").equals("Available")) {
      claimInformer
          .byIndex(WAITING, Volumes.storageClass(volume))
          .forEach(claim -> work.queue().add(key(claim)));
    }
  }

  private void classChanged(KubeObject storageClass) {
    for (String waiting : new String[] {storageClass.name(), ""}) {
      claimInformer.byIndex(WAITING, waiting).forEach(claim -> work.queue().add(key(claim)));
    }
  }

  private void sync(Key key) {
    switch (key) {
      case ClaimKey(String namespace, String name) -> {
        KubeObject claim = claims.get(namespace, name);
        if (claim != null) {
          sync(claim);
        }
      }
      case VolumeKey(String name) -> {
        KubeObject volume = volumes.get("", name);
        if (volume != null) {
          syncVolume(volume);
        }
      }
    }
  }

  private void sync(KubeObject claim) {
    switch (ClaimDecision.of(claim, view)) {
      case ClaimDecision.Bind(KubeObject volume) -> bind(volume, claim);
      case ClaimDecision.Wait(Notice notice) -> {
        tell(claim, notice);
        KubeObject unused = status(claim, "Pending", null);
        work.queue().addAfter(key(claim), RESYNC);
      }
      case ClaimDecision.TakeClass(String storageClass) -> {
        ObjectNode tree = claim.mutableTree();
        tree.withObject("/spec").put("storageClassName", storageClass);
        updateClaim(tree, claim);
        work.queue().add(key(claim));
      }
      case ClaimDecision.Provision(String provisioner) -> {
        provision(claim, provisioner);
        work.queue().addAfter(key(claim), RESYNC);
      }
      case ClaimDecision.Lose(Notice notice) -> lose(claim, notice);
    }
  }

  /** For good, so that a cache that lags must not be believed. */
  private void lose(KubeObject claim, Notice notice) {
    String volume = claim.text("spec", "volumeName");
    if (claim.text("status", "phase").equals("Lost")) {
      return;
    }
    if (!volume.isEmpty()
        && view.volume(volume) == null
        && context.client().find(Resources.PERSISTENT_VOLUMES, "", volume) != null) {
      work.queue().addRateLimited(key(claim));
      return;
    }
    tell(status(claim, "Lost", null), notice);
  }

  private void provision(KubeObject claim, String provisioner) {
    KubeObject asked = claim;
    if (!StorageAnnotations.get(claim, StorageAnnotations.PROVISIONER).equals(provisioner)) {
      ObjectNode tree = claim.mutableTree();
      StorageAnnotations.put(tree, StorageAnnotations.BETA_PROVISIONER, provisioner);
      StorageAnnotations.put(tree, StorageAnnotations.PROVISIONER, provisioner);
      asked = updateClaim(tree, claim);
    }
    tell(
        asked,
        Notice.normal(
            "ExternalProvisioning",
            "Waiting for a volume to be created either by the external provisioner '"
                + provisioner
                + "' or manually by the system administrator. If volume creation is delayed,"
                + " please verify that the provisioner is running and correctly registered."));
  }

  private void bind(KubeObject volume, KubeObject claim) {
    KubeObject ours = volume;
    ObjectNode bound = Volumes.bound(volume, claim);
    if (bound != null) {
      ours = updateVolume(bound, volume);
    }
    ours = phase(ours, "Bound", "");
    KubeObject its = claim;
    boolean named = claim.text("spec", "volumeName").equals(ours.name());
    if (!named || !StorageAnnotations.has(claim, StorageAnnotations.BIND_COMPLETED)) {
      ObjectNode tree = claim.mutableTree();
      if (!named) {
        tree.withObject("/spec").put("volumeName", ours.name());
        StorageAnnotations.put(tree, StorageAnnotations.BOUND_BY_CONTROLLER, "yes");
      }
      StorageAnnotations.put(tree, StorageAnnotations.BIND_COMPLETED, "yes");
      its = updateClaim(tree, claim);
    }
    KubeObject unused = status(its, "Bound", ours);
  }

  /**
   * @param volume of a bound claim; null for others
   */
  private KubeObject status(KubeObject claim, String phase, @Nullable KubeObject volume) {
    ObjectNode tree = claim.mutableTree();
    ObjectNode status = tree.withObject("/status");
    boolean changes = !status.path("phase").asText().equals(phase);
    status.put("phase", phase);
    if (volume == null) {
      status.remove(List.of("accessModes", "capacity"));
    } else {
      status.set("accessModes", volume.at("spec", "accessModes"));
      if (changes) {
        status.set("capacity", volume.at("spec", "capacity"));
        String attributes = Volumes.attributesClass(volume);
        if (!attributes.isEmpty()) {
          status.put("currentVolumeAttributesClassName", attributes);
        }
      }
    }
    if (Trees.same(status, claim.at("status"))) {
      return claim;
    }
    KubeObject written =
        context
            .client()
            .updateStatus(
                Resources.PERSISTENT_VOLUME_CLAIMS, claim.namespace(), claim.name(), tree);
    claims.put(written);
    return written;
  }

  private KubeObject phase(KubeObject volume, String phase, String message) {
    if (volume.text("status", "phase").equals(phase)) {
      return volume;
    }
    ObjectNode tree = volume.mutableTree();
    ObjectNode status = tree.withObject("/status").put("phase", phase);
    if (message.isEmpty()) {
      status.remove("message");
    } else {
      status.put("message", message);
    }
    KubeObject written =
        context.client().updateStatus(Resources.PERSISTENT_VOLUMES, "", volume.name(), tree);
    volumes.put(written);
    return written;
  }

  private KubeObject updateVolume(ObjectNode tree, KubeObject volume) {
    KubeObject written =
        context.client().update(Resources.PERSISTENT_VOLUMES, "", volume.name(), tree);
    volumes.put(written);
    return written;
  }

  private KubeObject updateClaim(ObjectNode tree, KubeObject claim) {
    KubeObject written =
        context
            .client()
            .update(Resources.PERSISTENT_VOLUME_CLAIMS, claim.namespace(), claim.name(), tree);
    claims.put(written);
    return written;
  }

  private void tell(KubeObject about, @Nullable Notice notice) {
    if (notice != null) {
      context.events().event(about, "", notice.type(), notice.reason(), notice.message());
    }
  }

  private void syncVolume(KubeObject volume) {
    KubeObject claim = claimOf(volume);
    switch (VolumeDecision.of(volume, claim)) {
      case VolumeDecision.Phase(String phase) -> {
        KubeObject unused = phase(volume, phase, "");
      }
      case VolumeDecision.Reclaim() -> reclaim(volume);
      case VolumeDecision.TellClaim() -> {
        JsonNode reference = volume.at("spec", "claimRef");
        work.queue()
            .add(
                new ClaimKey(
                    reference.path("namespace").asText(), reference.path("name").asText()));
      }
      case VolumeDecision.Mismatch(Notice forVolume, Notice forClaim) -> {
        tell(volume, forVolume);
        if (claim != null) {
          tell(claim, forClaim);
        }
      }
      case VolumeDecision.Unbind() -> unbind(volume);
    }
  }

  /** What no cache shows is asked for at the server before a volume is taken for left. */
  private @Nullable KubeObject claimOf(KubeObject volume) {
    JsonNode reference = volume.at("spec", "claimRef");
    String uid = reference.path("uid").asText("");
    if (uid.isEmpty()) {
      return null;
    }
    String namespace = reference.path("namespace").asText();
    String name = reference.path("name").asText();
    KubeObject claim = claims.get(namespace, name);
    if (claim == null || !claim.uid().equals(uid)) {
      claim = context.client().find(Resources.PERSISTENT_VOLUME_CLAIMS, namespace, name);
    }
    return claim != null && claim.uid().equals(uid) ? claim : null;
  }

  private void reclaim(KubeObject volume) {
    KubeObject released = volume;
    String phase = volume.text("status", "phase");
    if (!phase.equals("Released") && !phase.equals("Failed")) {
      released = phase(volume, "Released", "");
    }
    VolumeDecision.Reclaiming reclaiming = VolumeDecision.reclaiming(released);
    switch (reclaiming.way()) {
      case KEEP, LEAVE_TO_PROVISIONER -> {}
      case DELETE -> delete(released);
      case FAIL -> {
        Notice failure = reclaiming.failure();
        if (failure != null && !released.text("status", "phase").equals("Failed")) {
          tell(phase(released, "Failed", failure.message()), failure);
        }
      }
    }
  }

  private void delete(KubeObject volume) {
    if (volume.isDeleting()) {
      return;
    }
    try {
      context
          .client()
          .delete(Resources.PERSISTENT_VOLUMES, "", volume.name(), DeleteOptions.uid(volume.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  /** A reservation by the user stays; a binding of ours goes. */
  private void unbind(KubeObject volume) {
    ObjectNode tree = volume.mutableTree();
    if (StorageAnnotations.has(volume, StorageAnnotations.BOUND_BY_CONTROLLER)) {
      tree.withObject("/spec").remove("claimRef");
      StorageAnnotations.remove(tree, StorageAnnotations.BOUND_BY_CONTROLLER);
    } else {
      tree.withObject("/spec").withObject("/claimRef").remove("uid");
    }
    KubeObject unused = phase(updateVolume(tree, volume), "Available", "");
  }

  private final class View implements StorageView {

    @Override
    public Collection<KubeObject> volumes() {
      return volumes.list();
    }

    @Override
    public @Nullable KubeObject volume(String name) {
      return volumes.get("", name);
    }

    @Override
    public Collection<KubeObject> storageClasses() {
      return classes.list("");
    }

    @Override
    public @Nullable KubeObject storageClass(String name) {
      return classes.get("", name);
    }

    @Override
    public List<String> waitingPods(KubeObject claim) {
      List<String> names = new ArrayList<>();
      for (KubeObject pod : PodClaims.users(pods, claim.namespace(), claim.name())) {
        if (!Pods.isFinished(pod) && Pods.nodeName(pod).isEmpty()) {
          names.add(pod.name());
        }
      }
      return names;
    }
  }
}
