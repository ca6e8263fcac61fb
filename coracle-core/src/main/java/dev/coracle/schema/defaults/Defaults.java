package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;

/**
 * The entry to defaulting. It changes the tree in place, is idempotent, and never fails: what has
 * the wrong type is left for validation to refuse.
 */
public final class Defaults {

  private Defaults() {}

  /**
   * Fills in what v1.36 fills in for this kind, including the fields that are always written (such
   * as an empty {@code status}), and brings quantities into canonical form. Kinds without defaults
   * and custom resources stay as they are.
   */
  public static void apply(GroupVersionKind gvk, ObjectNode object) {
    switch (gvk.group()) {
      case "" -> CoreDefaults.apply(gvk.kind(), object);
      case "apps" -> AppsDefaults.apply(gvk.kind(), object);
      case "batch" -> BatchDefaults.apply(gvk.kind(), object);
      case "autoscaling" -> AutoscalingDefaults.apply(gvk.version(), gvk.kind(), object);
      case "policy" -> PolicyDefaults.apply(gvk.kind(), object);
      case "networking.k8s.io" -> NetworkingDefaults.apply(gvk.kind(), object);
      case "storage.k8s.io" -> StorageDefaults.apply(gvk.kind(), object);
      case "rbac.authorization.k8s.io" -> RbacDefaults.apply(gvk.kind(), object);
      case "discovery.k8s.io" -> DiscoveryDefaults.apply(gvk.kind(), object);
      case "admissionregistration.k8s.io" -> WebhookDefaults.apply(gvk.kind(), object);
      case "apiextensions.k8s.io" -> CrdDefaults.apply(gvk.kind(), object);
      case "flowcontrol.apiserver.k8s.io" -> FlowControlDefaults.apply(gvk.kind(), object);
      case "resource.k8s.io" -> DeviceDefaults.apply(gvk.kind(), object);
      case "apiregistration.k8s.io",
          "authentication.k8s.io",
          "certificates.k8s.io",
          "coordination.k8s.io",
          "events.k8s.io",
          "node.k8s.io",
          "scheduling.k8s.io" ->
          MiscellaneousDefaults.apply(gvk.group(), gvk.kind(), object);
      default -> {}
    }
  }
}
