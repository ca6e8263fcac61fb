package dev.coracle.client.storage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;

/** The annotations by which binder, scheduler and provisioners speak to each other. */
public final class StorageAnnotations {

  /** On a claim: its binding was completed once. */
  public static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

  /** On a claim or volume: the binding is not the user's own. */
  public static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

  /** On a volume: the provisioner that made it. */
  public static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  /** On a claim: the node for which the volume is to be made. */
  public static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

  /** On a claim: the provisioner that is to make a volume. */
  public static final String PROVISIONER = "volume.kubernetes.io/storage-provisioner";

  /** The older name of {@link #PROVISIONER}; both are written. */
  public static final String BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";

  private StorageAnnotations() {}

  /** The annotation's value, or the empty string. */
  public static String get(KubeObject object, String annotation) {
    return object.text("metadata", "annotations", annotation);
  }

  public static boolean has(KubeObject object, String annotation) {
    return object.at("metadata", "annotations").has(annotation);
  }

  public static void put(ObjectNode object, String annotation, String value) {
    object.withObject("/metadata").withObject("/annotations").put(annotation, value);
  }

  public static void remove(ObjectNode object, String annotation) {
    ObjectNode annotations = object.withObject("/metadata").withObject("/annotations");
    annotations.remove(annotation);
    if (annotations.isEmpty()) {
      object.withObject("/metadata").remove("annotations");
    }
  }
}
