package dev.coracle.apiserver;

import dev.coracle.registry.ResourceType;
import java.util.Set;

/**
 * What a finished deletion shows: kinds that Kubernetes calls "return deleted object" show their
 * last state, all others a {@code Status}.
 */
final class DeletionAnswer {

  private static final Set<String> CORE =
      Set.of(
          "namespaces",
          "persistentvolumeclaims",
          "persistentvolumes",
          "pods",
          "podtemplates",
          "resourcequotas",
          "serviceaccounts",
          "services");

  private DeletionAnswer() {}

  static boolean showsObject(ResourceType type) {
    return switch (type.group()) {
      case "" -> CORE.contains(type.plural());
      case "storage.k8s.io" -> !type.plural().equals("csistoragecapacities");
      case "resource.k8s.io" -> true;
      default -> false;
    };
  }
}
