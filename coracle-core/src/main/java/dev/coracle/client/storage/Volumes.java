package dev.coracle.client.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.Quantity;
import dev.coracle.client.NodeTerms;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which PersistentVolume suits which PersistentVolumeClaim. Pure. */
public final class Volumes {

  private static final String BETA_CLASS = "volume.beta.kubernetes.io/storage-class";

  private Volumes() {}

  /**
   * A node as matching sees it.
   *
   * @param name of the Node
   * @param labels of the Node
   */
  public record OnNode(String name, Map<String, String> labels) {}

  /** The class of a claim or volume; empty for none. */
  public static String storageClass(KubeObject claimOrVolume) {
    JsonNode older = claimOrVolume.at("metadata", "annotations").path(BETA_CLASS);
    return older.isTextual() ? older.asText() : claimOrVolume.text("spec", "storageClassName");
  }

  /** Whether a claim says which class it wants, be it none. */
  public static boolean hasClass(JsonNode claim) {
    return claim.path("metadata").path("annotations").has(BETA_CLASS)
        || claim.path("spec").path("storageClassName").isTextual();
  }

  /** Zero when there is none. */
  public static Quantity capacity(KubeObject volume) {
    return quantity(volume.at("spec", "capacity", "storage"));
  }

  /** What a claim asks for. */
  public static Quantity requested(KubeObject claim) {
    return quantity(claim.at("spec", "resources", "requests", "storage"));
  }

  /** What a claim has got; zero while it is not bound. */
  public static Quantity received(KubeObject claim) {
    return quantity(claim.at("status", "capacity", "storage"));
  }

  private static Quantity quantity(JsonNode node) {
    return node.isValueNode() && !node.isNull() ? Quantity.of(node) : Quantity.ZERO;
  }

  /** Filesystem unless it says Block. */
  public static String mode(KubeObject claimOrVolume) {
    return claimOrVolume.at("spec", "volumeMode").asText("Filesystem");
  }

  /** The VolumeAttributesClass that a claim asks for or a volume has; empty for none. */
  public static String attributesClass(KubeObject claimOrVolume) {
    return claimOrVolume.text("spec", "volumeAttributesClassName");
  }

  public static boolean hasModes(KubeObject volume, KubeObject claim) {
    return modes(volume).containsAll(modes(claim));
  }

  private static Set<String> modes(KubeObject claimOrVolume) {
    Set<String> modes = new HashSet<>();
    claimOrVolume.at("spec", "accessModes").forEach(mode -> modes.add(mode.asText()));
    return modes;
  }

  /** Whether a node may use a volume. */
  public static boolean reaches(KubeObject volume, OnNode node) {
    JsonNode required = volume.at("spec", "nodeAffinity", "required");
    return !required.isObject()
        || NodeTerms.matchAny(required.path("nodeSelectorTerms"), node.labels(), node.name());
  }

  /** Whether a volume is, or was reserved to be, a claim's. */
  public static boolean isBoundTo(KubeObject volume, KubeObject claim) {
    JsonNode reference = volume.at("spec", "claimRef");
    String uid = reference.path("uid").asText("");
    return reference.isObject()
        && reference.path("name").asText().equals(claim.name())
        && reference.path("namespace").asText().equals(claim.namespace())
        && (uid.isEmpty() || uid.equals(claim.uid()));
  }

  /** Whether a claim's binding is complete from its own side. */
  public static boolean isBound(KubeObject claim) {
    return !claim.text("spec", "volumeName").isEmpty()
        && StorageAnnotations.has(claim, StorageAnnotations.BIND_COMPLETED);
  }

  /**
   * A volume as it must be to belong to a claim.
   *
   * @return null when nothing is to be changed
   */
  public static @Nullable ObjectNode bound(KubeObject volume, KubeObject claim) {
    boolean byUser = isBoundTo(volume, claim);
    if (byUser && volume.text("spec", "claimRef", "uid").equals(claim.uid())) {
      return null;
    }
    ObjectNode tree = volume.mutableTree();
    tree.withObject("/spec").set("claimRef", reference(claim));
    if (!byUser) {
      StorageAnnotations.put(tree, StorageAnnotations.BOUND_BY_CONTROLLER, "yes");
    }
    return tree;
  }

  /** A {@code claimRef}. */
  public static ObjectNode reference(KubeObject claim) {
    return Json.object()
        .put("apiVersion", "v1")
        .put("kind", "PersistentVolumeClaim")
        .put("name", claim.name())
        .put("namespace", claim.namespace())
        .put("resourceVersion", Long.toString(claim.resourceVersion()))
        .put("uid", claim.uid());
  }

  /**
   * The volume for a claim: the one reserved for it, or the smallest that is large enough, those
   * with the fewest access modes first.
   *
   * @param reservedOnly whether only a volume that is reserved for the claim will do (a claim that
   *     waits for its first consumer)
   */
  public static @Nullable KubeObject find(
      KubeObject claim, Collection<KubeObject> volumes, boolean reservedOnly) {
    Map<Integer, List<KubeObject>> byModes = new TreeMap<>();
    for (KubeObject volume : volumes) {
      if (hasModes(volume, claim)) {
        byModes.computeIfAbsent(modes(volume).size(), count -> new ArrayList<>()).add(volume);
      }
    }
    for (List<KubeObject> group : byModes.values()) {
      KubeObject found = best(claim, group, null, Set.of(), reservedOnly);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /**
   * The volume for a claim on a node, as the scheduler asks.
   *
   * @param taken names of volumes that other claims of the same Pod have got
   */
  public static @Nullable KubeObject find(
      KubeObject claim, Collection<KubeObject> volumes, OnNode node, Set<String> taken) {
    return best(claim, volumes, node, taken, false);
  }

  private static @Nullable KubeObject best(
      KubeObject claim,
      Collection<KubeObject> volumes,
      @Nullable OnNode node,
      Set<String> taken,
      boolean reservedOnly) {
    Quantity wanted = requested(claim);
    JsonNode selector = claim.at("spec", "selector");
    LabelSelector labels = selector.isObject() ? LabelSelector.of(selector) : null;
    KubeObject best = null;
    for (KubeObject volume : volumes) {
      boolean reserved = isBoundTo(volume, claim);
      if (taken.contains(volume.name())
          || volume.isDeleting()
          || (!reserved && volume.at("spec", "claimRef").isObject())
          || capacity(volume).compareTo(wanted) < 0
          || !mode(volume).equals(mode(claim))
          || !attributesClass(volume).equals(attributesClass(claim))) {
        continue;
      }
      boolean reachable = node == null || reaches(volume, node);
      if (reserved) {
        return reachable ? volume : null;
      }
      boolean suits =
          !reservedOnly
              && reachable
              && volume.text("status", "phase").equals("Available")
              && (labels == null || labels.matches(volume.labels()))
              && storageClass(volume).equals(storageClass(claim))
              && (node == null || hasModes(volume, claim));
      if (suits && (best == null || capacity(volume).compareTo(capacity(best)) < 0)) {
        best = volume;
      }
    }
    return best;
  }
}
