package dev.coracle.controller.volume.ephemeral;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;

/** A Pod's {@code ephemeral} volume gets a claim of the Pod's and the volume's name. */
public final class EphemeralVolumeController implements Controller {

  /** The source of its events; its ServiceAccount is {@link #ACCOUNT}. */
  public static final String NAME = "ephemeral_volume";

  public static final String ACCOUNT = "ephemeral-volume-controller";

  private final ControllerContext context;
  private final SharedInformer pods;
  private final SharedInformer claims;
  private final Work<ObjectKey> work;

  public EphemeralVolumeController(ControllerContext context) {
    this.context = context;
    this.pods = context.informers().of(Resources.PODS);
    this.claims = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.work = new Work<>(NAME, context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(pods, this::podChanged);
    work.watch(
        claims,
        SharedInformer.gone(
            last -> {
              var owner = last.controllerRef();
              if (owner != null && owner.kind().equals("Pod")) {
                work.queue().add(new ObjectKey(last.namespace(), owner.name()));
              }
            }));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void podChanged(KubeObject pod) {
    if (!pod.isDeleting() && PodClaims.of(pod).stream().anyMatch(PodClaims.Use::ephemeral)) {
      work.queue().add(ObjectKey.of(pod));
    }
  }

  private void sync(ObjectKey key) {
    KubeObject pod = pods.get(key.namespace(), key.name());
    if (pod == null || pod.isDeleting()) {
      return;
    }
    for (JsonNode volume : pod.at("spec", "volumes")) {
      if (volume.path("ephemeral").isObject()) {
        makeClaim(pod, volume);
      }
    }
  }

  private void makeClaim(KubeObject pod, JsonNode volume) {
    String name = PodClaims.ephemeralName(pod, volume.path("name").asText());
    KubeObject known = claims.get(pod.namespace(), name);
    if (known != null) {
      if (!PodClaims.isOf(known, pod)) {
        throw failed(pod, volume, PodClaims.notOf(known, pod), null);
      }
      return;
    }
    try {
      KubeObject unused =
          context
              .client()
              .create(
                  Resources.PERSISTENT_VOLUME_CLAIMS, pod.namespace(), claim(pod, name, volume));
    } catch (StatusException e) {
      if (!PodControl.isNamespaceTerminating(e)) {
        throw failed(pod, volume, "create PVC " + name + ": " + e.getMessage(), e);
      }
    }
  }

  private StatusException failed(
      KubeObject pod,
      JsonNode volume,
      String why,
      @org.jspecify.annotations.Nullable StatusException cause) {
    String message = "ephemeral volume " + volume.path("name").asText() + ": " + why;
    context.events().warning(pod, "FailedBinding", message);
    return cause != null ? cause : StatusException.internal(message);
  }

  private static ObjectNode claim(KubeObject pod, String name, JsonNode volume) {
    JsonNode template = volume.path("ephemeral").path("volumeClaimTemplate");
    ObjectNode claim = Json.object().put("kind", "PersistentVolumeClaim").put("apiVersion", "v1");
    ObjectNode metadata = claim.putObject("metadata").put("name", name);
    for (String field : new String[] {"annotations", "labels"}) {
      if (!template.path("metadata").path(field).isEmpty()) {
        metadata.set(field, template.path("metadata").path(field).deepCopy());
      }
    }
    metadata.putArray("ownerReferences").add(Owners.controllerRef(pod));
    claim.set("spec", template.path("spec").deepCopy());
    return claim;
  }
}
