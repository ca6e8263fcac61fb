package dev.coracle.controller.volume.expand;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.storage.LocalPath;
import dev.coracle.client.storage.Volumes;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;

/**
 * A volume of {@code coracle.dev/local-path} grows as soon as its claim asks for more: it is a
 * directory, and nothing is to be done at it. Others grow by what made them.
 */
public final class ExpandController implements Controller {

  /** The source of its events; its ServiceAccount is {@link #ACCOUNT}. */
  public static final String NAME = "volume_expand";

  public static final String ACCOUNT = "expand-controller";

  private static final String RESIZING = "Resizing";

  private final ControllerContext context;
  private final SharedInformer claims;
  private final SharedInformer volumes;
  private final Work<ObjectKey> work;

  public ExpandController(ControllerContext context) {
    this.context = context;
    this.claims = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.volumes = context.informers().of(Resources.PERSISTENT_VOLUMES);
    this.work = new Work<>(NAME, context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    volumes.awaitSync();
    work.watch(
        claims,
        claim -> {
          if (asksForMore(claim)) {
            work.queue().add(ObjectKey.of(claim));
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  static boolean asksForMore(KubeObject claim) {
    return claim.text("status", "phase").equals("Bound")
        && Volumes.requested(claim).compareTo(Volumes.received(claim)) > 0;
  }

  private void sync(ObjectKey key) {
    KubeObject claim = claims.get(key.namespace(), key.name());
    if (claim == null || claim.isDeleting() || !asksForMore(claim)) {
      return;
    }
    KubeObject volume = volumes.get("", claim.text("spec", "volumeName"));
    if (volume == null || !volume.text("spec", "claimRef", "uid").equals(claim.uid())) {
      return;
    }
    if (!LocalPath.made(volume)) {
      context
          .events()
          .event(
              claim,
              "",
              EventRecorder.WARNING,
              "ExternalExpanding",
              "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for"
                  + " an external controller to process this PVC.");
      return;
    }
    expand(claim, volume);
  }

  private void expand(KubeObject claim, KubeObject volume) {
    String size = claim.text("spec", "resources", "requests", "storage");
    KubeObject marked = claim;
    if (!Conditions.isTrue(claim.at("status", "conditions"), RESIZING)) {
      context
          .events()
          .normal(claim, RESIZING, "External resizer is resizing volume " + volume.name());
      marked = write(begun(claim, size, Timestamps.seconds(context.clock().instant())));
    }
    if (Volumes.capacity(volume).compareTo(Volumes.requested(claim)) < 0) {
      ObjectNode tree = volume.mutableTree();
      tree.withObject("/spec").withObject("/capacity").put("storage", size);
      KubeObject unused =
          context.client().update(Resources.PERSISTENT_VOLUMES, "", volume.name(), tree);
    }
    KubeObject grown = write(finished(marked, size));
    context.events().normal(grown, "VolumeResizeSuccessful", "Resize volume succeeded");
  }

  private KubeObject write(ObjectNode claim) {
    return context
        .client()
        .updateStatus(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            claim.path("metadata").path("namespace").asText(),
            claim.path("metadata").path("name").asText(),
            claim);
  }

  /** A claim whose volume is being made larger. Pure. */
  static ObjectNode begun(KubeObject claim, String size, String now) {
    ObjectNode tree = claim.mutableTree();
    ObjectNode status = tree.withObject("/status");
    status.withObject("/allocatedResources").put("storage", size);
    status.withObject("/allocatedResourceStatuses").put("storage", "ControllerResizeInProgress");
    ArrayNode conditions = status.withArray("/conditions");
    ObjectNode unused = Conditions.set(conditions, RESIZING, "True", "", "", now);
    return tree;
  }

  /** A claim whose volume is as large as it asked. Pure. */
  static ObjectNode finished(KubeObject claim, String size) {
    ObjectNode tree = claim.mutableTree();
    ObjectNode status = tree.withObject("/status");
    status.withObject("/capacity").put("storage", size);
    status.withObject("/allocatedResources").put("storage", size);
    status.remove("allocatedResourceStatuses");
    ArrayNode conditions = status.withArray("/conditions");
    for (String type : new String[] {RESIZING, "FileSystemResizePending"}) {
      Conditions.remove(conditions, type);
    }
    if (conditions.isEmpty()) {
      status.remove("conditions");
    }
    return tree;
  }
}
