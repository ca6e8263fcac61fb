package dev.coracle.admission.matching;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;

/** A write as {@code admission.k8s.io/v1 AdmissionRequest} (that of v1beta1 is the same). */
public final class AdmissionRequests {

  private AdmissionRequests() {}

  /**
   * The request without its objects, as expressions see it.
   *
   * @param match the version in which the objects are shown
   */
  public static ObjectNode of(
      AdmissionAttributes attributes, AdmissionRules.Match match, String uid) {
    ObjectNode request = Json.object().put("uid", uid);
    kind(request.putObject("kind"), match.kind());
    resource(request.putObject("resource"), match.resource());
    putUnlessEmpty(request, "subResource", attributes.subresource());
    kind(request.putObject("requestKind"), attributes.kind());
    resource(request.putObject("requestResource"), attributes.resource());
    putUnlessEmpty(request, "requestSubResource", attributes.subresource());
    putUnlessEmpty(request, "name", attributes.name());
    putUnlessEmpty(request, "namespace", attributes.namespace());
    request.put("operation", attributes.operation().name());
    user(request.putObject("userInfo"), attributes.user());
    request.put("dryRun", attributes.dryRun());
    JsonNode options = attributes.options();
    request.set("options", options == null ? Json.object().nullNode() : options.deepCopy());
    return request;
  }

  private static void user(ObjectNode node, UserInfo user) {
    putUnlessEmpty(node, "username", user.name());
    putUnlessEmpty(node, "uid", user.uid());
    if (!user.groups().isEmpty()) {
      ArrayNode groups = node.putArray("groups");
      user.groups().forEach(groups::add);
    }
    if (!user.extra().isEmpty()) {
      ObjectNode extra = node.putObject("extra");
      user.extra()
          .forEach(
              (key, values) -> {
                ArrayNode array = extra.putArray(key);
                values.forEach(array::add);
              });
    }
  }

  private static void putUnlessEmpty(ObjectNode node, String field, String value) {
    if (!value.isEmpty()) {
      node.put(field, value);
    }
  }

  private static void kind(ObjectNode node, GroupVersionKind kind) {
    node.put("group", kind.group()).put("version", kind.version()).put("kind", kind.kind());
  }

  private static void resource(ObjectNode node, GroupVersionResource resource) {
    node.put("group", resource.group())
        .put("version", resource.version())
        .put("resource", resource.resource());
  }
}
