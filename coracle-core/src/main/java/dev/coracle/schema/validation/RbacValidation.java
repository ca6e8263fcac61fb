package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import dev.coracle.schema.validation.field.Trees;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Roles and bindings. */
final class RbacValidation {

  private static final String GROUP = "rbac.authorization.k8s.io";

  private RbacValidation() {}

  static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    switch (kind) {
      case "Role", "ClusterRole" -> {
        boolean namespaced = kind.equals("Role");
        for (Field rule : Field.of(object, "rules", errors).items()) {
          rule(rule, namespaced);
        }
        Field selectors = Field.of(object, "aggregationRule", errors).child("clusterRoleSelectors");
        if (object.hasNonNull("aggregationRule") && selectors.blank()) {
          selectors.required(
              "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }
        selectors.items().forEach(SelectorValidation::validate);
      }
      case "RoleBinding", "ClusterRoleBinding" -> binding(kind, object, old, errors);
      default -> {}
    }
  }

  private static void rule(Field rule, boolean namespaced) {
    if (rule.child("verbs").blank()) {
      rule.child("verbs").required("verbs must contain at least one value");
    }
    Field urls = rule.child("nonResourceURLs");
    if (!urls.blank()) {
      if (namespaced) {
        urls.invalid("namespaced rules cannot apply to non-resource URLs");
      }
      if (!rule.child("apiGroups").blank()
          || !rule.child("resources").blank()
          || !rule.child("resourceNames").blank()) {
        urls.invalid("rules cannot apply to both regular resources and non-resource URLs");
      }
      return;
    }
    if (rule.child("apiGroups").blank()) {
      rule.child("apiGroups").required("resource rules must supply at least one api group");
    }
    if (rule.child("resources").blank()) {
      rule.child("resources").required("resource rules must supply at least one resource");
    }
  }

  private static void binding(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    boolean namespaced = kind.equals("RoleBinding");
    Field reference = Field.of(object, "roleRef", errors);
    Field group = reference.child("apiGroup");
    if (!group.text().equals(GROUP)) {
      errors.notSupported(group.path(), group.text(), List.of(GROUP));
    }
    Field referenced = reference.child("kind");
    List<String> kinds = namespaced ? List.of("Role", "ClusterRole") : List.of("ClusterRole");
    if (!kinds.contains(referenced.text())) {
      errors.notSupported(referenced.path(), referenced.text(), kinds);
    }
    Field name = reference.child("name");
    if (name.needed()) {
      name.invalid(MetadataValidation.pathSegment(name.text()));
    }
    for (Field subject : Field.of(object, "subjects", errors).items()) {
      subject(subject, namespaced);
    }
    if (old != null && !Trees.same(reference.json(), old.path("roleRef"))) {
      errors.invalid(
          reference.path(),
          Json.object()
              .put("APIGroup", group.text())
              .put("Kind", referenced.text())
              .put("Name", name.text()),
          "cannot change roleRef");
    }
  }

  private static void subject(Field subject, boolean namespaced) {
    Field name = subject.child("name");
    name.needed();
    Field group = subject.child("apiGroup");
    Field kind = subject.child("kind");
    switch (kind.text()) {
      case "ServiceAccount" -> {
        name.subdomain();
        if (!group.blank()) {
          group.errors().notSupported(group.path(), group.text(), List.of(""));
        }
        if (!namespaced) {
          subject.child("namespace").needed();
        }
      }
      case "User", "Group" -> {
        if (!group.text().equals(GROUP)) {
          group.errors().notSupported(group.path(), group.text(), List.of(GROUP));
        }
      }
      default ->
          kind.errors()
              .notSupported(kind.path(), kind.text(), List.of("ServiceAccount", "User", "Group"));
    }
  }
}
