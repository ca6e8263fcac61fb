package dev.coracle.apiserver.aggregation;

import java.util.List;

/** The order in which kube-apiserver prefers groups: in discovery, and as priorities. */
public final class GroupOrder {

  /** Others follow by name. */
  private static final List<String> PREFERRED =
      List.of(
          "apiregistration.k8s.io",
          "apps",
          "events.k8s.io",
          "authentication.k8s.io",
          "authorization.k8s.io",
          "autoscaling",
          "batch",
          "certificates.k8s.io",
          "networking.k8s.io",
          "policy",
          "rbac.authorization.k8s.io",
          "storage.k8s.io",
          "admissionregistration.k8s.io",
          "apiextensions.k8s.io",
          "scheduling.k8s.io",
          "coordination.k8s.io",
          "node.k8s.io",
          "discovery.k8s.io",
          "resource.k8s.io",
          "flowcontrol.apiserver.k8s.io",
          "internal.apiserver.k8s.io",
          "storagemigration.k8s.io");

  private GroupOrder() {}

  /** A group's place: the core group before all, unknown ones behind. */
  public static int of(String group) {
    int index = PREFERRED.indexOf(group);
    return group.isEmpty() ? -1 : index < 0 ? PREFERRED.size() : index;
  }

  /** An APIService's {@code groupPriorityMinimum}: higher ones come first. */
  public static int priority(String group, boolean custom) {
    return group.isEmpty() ? 18_000 : custom ? 1_000 : 17_900 - 100 * of(group);
  }
}
