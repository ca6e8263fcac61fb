package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.ServedResources;
import dev.coracle.api.StatusException;
import dev.coracle.schema.cel.AccessCheck;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Who changes the owners of an object needs the right to delete it; who lets it block its owner's
 * deletion needs the right to set the owner's finalizers.
 */
public final class OwnerReferencesPermissionEnforcement implements AdmissionPlugin {

  private final Supplier<ServedResources> served;
  private final AccessCheck access;

  public OwnerReferencesPermissionEnforcement(
      Supplier<ServedResources> served, AccessCheck access) {
    this.served = served;
    this.access = access;
  }

  @Override
  public String name() {
    return "OwnerReferencesPermissionEnforcement";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    ObjectNode object = attributes.object();
    KubeObject old = attributes.oldObject();
    boolean write =
        attributes.operation() == Operation.CREATE || attributes.operation() == Operation.UPDATE;
    boolean podStatus =
        attributes.resource().qualified().equals("pods")
            && attributes.subresource().equals("status");
    if (object == null || !write || podStatus) {
      return;
    }
    JsonNode now = object.path("metadata").path("ownerReferences");
    JsonNode before =
        old == null
            ? com.fasterxml.jackson.databind.node.MissingNode.getInstance()
            : old.at("metadata", "ownerReferences");
    if (set(now).equals(set(before))) {
      return;
    }
    if (old != null) {
      AccessCheck.Answer answer =
          access.check(
              new AccessCheck.Question(
                  attributes.user(),
                  "delete",
                  "",
                  attributes.resource().group(),
                  attributes.resource().version(),
                  attributes.resource().resource(),
                  attributes.subresource(),
                  attributes.namespace(),
                  attributes.name()));
      if (!answer.allowed()) {
        throw refused(
            attributes, "cannot set an ownerRef on a resource you can't delete: " + said(answer));
      }
    }
    Map<String, Boolean> blocked = new HashMap<>();
    before.forEach(
        each ->
            blocked.put(
                each.path("uid").asText(), each.path("blockOwnerDeletion").asBoolean(false)));
    for (JsonNode owner : now) {
      if (owner.path("blockOwnerDeletion").asBoolean(false)
          && !blocked.getOrDefault(owner.path("uid").asText(), false)) {
        mayBlock(attributes, owner);
      }
    }
  }

  private void mayBlock(AdmissionAttributes attributes, JsonNode owner) {
    String version = owner.path("apiVersion").asText();
    String kind = owner.path("kind").asText();
    ServedResources.Served resource = served.get().find(GroupVersionKind.of(version, kind));
    if (resource == null) {
      throw refused(
          attributes,
          "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for"
              + " APIVersion "
              + version
              + " Kind "
              + kind
              + ": no matches for kind \""
              + kind
              + "\" in version \""
              + version
              + "\"");
    }
    AccessCheck.Answer answer =
        access.check(
            new AccessCheck.Question(
                attributes.user(),
                "update",
                "",
                resource.resource().group(),
                resource.resource().version(),
                resource.resource().resource(),
                "finalizers",
                resource.namespaced() ? attributes.namespace() : "",
                owner.path("name").asText()));
    if (!answer.allowed()) {
      throw refused(
          attributes,
          "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set"
              + " finalizers on: "
              + said(answer));
    }
  }

  private static Set<JsonNode> set(JsonNode references) {
    Set<JsonNode> set = new HashSet<>();
    references.forEach(set::add);
    return set;
  }

  private static String said(AccessCheck.Answer answer) {
    return answer.reason() + ", <nil>";
  }

  private static StatusException refused(AdmissionAttributes attributes, String why) {
    return StatusException.forbidden(
        attributes.resource().group(), attributes.resource().resource(), attributes.name(), why);
  }
}
