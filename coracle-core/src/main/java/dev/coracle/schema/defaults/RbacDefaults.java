package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Roles and their bindings. */
final class RbacDefaults {

  private static final String GROUP = "rbac.authorization.k8s.io";

  private RbacDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "Role", "ClusterRole" -> Fill.nothing(object, "rules");
      case "RoleBinding", "ClusterRoleBinding" -> {
        Fill.text(Fill.child(object, "roleRef"), "apiGroup", GROUP);
        for (ObjectNode subject : Fill.objects(object, "subjects")) {
          String subjectKind = Fill.string(subject, "kind");
          if (subjectKind.equals("User") || subjectKind.equals("Group")) {
            Fill.text(subject, "apiGroup", GROUP);
          }
        }
      }
      default -> {}
    }
  }
}
