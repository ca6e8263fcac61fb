package dev.coracle.admission;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;

/** A write as {@code admission.k8s.io/v1 AdmissionRequest}, without its objects. */
final class AdmissionReviews {

  private AdmissionReviews() {}

  static ObjectNode request(AdmissionAttributes attributes) {
    ObjectNode request = Json.object();
    kind(request.putObject("kind"), attributes.kind());
    resource(request.putObject("resource"), attributes.resource());
    request.put("subResource", attributes.subresource());
    kind(request.putObject("requestKind"), attributes.kind());
    resource(request.putObject("requestResource"), attributes.resource());
    request.put("requestSubResource", attributes.subresource());
    request.put("name", attributes.name());
    request.put("namespace", attributes.namespace());
    request.put("operation", attributes.operation().name());
    ObjectNode user = request.putObject("userInfo");
    user.put("username", attributes.user().name());
    user.put("uid", attributes.user().uid());
    ArrayNode groups = user.putArray("groups");
    attributes.user().groups().forEach(groups::add);
    ObjectNode extra = user.putObject("extra");
    attributes
        .user()
        .extra()
        .forEach(
            (key, values) -> {
              ArrayNode array = extra.putArray(key);
              values.forEach(array::add);
            });
    request.put("dryRun", attributes.dryRun());
    if (attributes.options() != null) {
      request.set("options", attributes.options().deepCopy());
    }
    return request;
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
