package dev.coracle.client.storage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.SharedInformer;
import java.util.ArrayList;
import java.util.List;

/** The claims that a Pod's volumes name. */
public final class PodClaims {

  private static final String INDEX = "persistentVolumeClaims";

  /**
   * A claim of a Pod.
   *
   * @param volume the name of the Pod's volume
   * @param name of the claim, in the Pod's namespace
   * @param ephemeral whether the claim is made for the Pod and must be its own
   */
  public record Use(String volume, String name, boolean ephemeral) {}

  private PodClaims() {}

  /** In the order of the Pod's volumes. */
  public static List<Use> of(KubeObject pod) {
    List<Use> uses = new ArrayList<>();
    for (JsonNode volume : pod.at("spec", "volumes")) {
      String name = volume.path("name").asText();
      if (volume.path("persistentVolumeClaim").isObject()) {
        uses.add(
            new Use(name, volume.path("persistentVolumeClaim").path("claimName").asText(), false));
      } else if (volume.path("ephemeral").isObject()) {
        uses.add(new Use(name, ephemeralName(pod, name), true));
      }
    }
    return uses;
  }

  /** The name of the claim that a Pod's generic ephemeral volume gets. */
  public static String ephemeralName(KubeObject pod, String volume) {
    return pod.name() + "-" + volume;
  }

  /** Whether a claim was made for a Pod, and not for something else of the same name. */
  public static boolean isOf(KubeObject claim, KubeObject pod) {
    OwnerReference owner = claim.controllerRef();
    return owner != null && owner.uid().equals(pod.uid());
  }

  /** What is said when a Pod's ephemeral volume finds a claim that is not the Pod's. */
  public static String notOf(KubeObject claim, KubeObject pod) {
    return "PVC " + claim.key() + " was not created for pod " + pod.key() + " (pod is not owner)";
  }

  /** Gives an informer of Pods the index that {@link #users} reads. */
  public static void index(SharedInformer pods) {
    pods.addIndex(
        INDEX, pod -> of(pod).stream().map(use -> pod.namespace() + "/" + use.name()).toList());
  }

  /** The Pods that name a claim. */
  public static List<KubeObject> users(SharedInformer pods, String namespace, String claim) {
    return pods.byIndex(INDEX, namespace + "/" + claim);
  }
}
