package dev.coracle.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.api.UserInfo;

/**
 * CertificateSigningRequests: who asks is written by the server; approval changes conditions only,
 * status the rest of the status only.
 */
final class CertificateSigningRequestStrategy implements Strategy {

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    UserInfo user = write.context().user();
    ObjectNode spec = Meta.child(object, "spec");
    spec.put("username", user.name());
    if (user.uid().isEmpty()) {
      spec.remove("uid");
    } else {
      spec.put("uid", user.uid());
    }
    Meta.setStrings(spec, "groups", user.groups());
    spec.remove("extra");
    if (!user.extra().isEmpty()) {
      ObjectNode extra = spec.putObject("extra");
      user.extra().forEach((key, values) -> Meta.setStrings(extra, key, values));
    }
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    JsonNode was = old.tree();
    switch (write.subresource()) {
      case "" -> Meta.restore(object, was, "spec");
      case "approval" -> {
        JsonNode conditions = object.path("status").path("conditions");
        Meta.restore(object, was, "spec");
        Meta.restore(object, was, "status");
        if (conditions.isArray()) {
          Meta.child(object, "status").set("conditions", conditions);
        }
        times(write, object, was);
      }
      case "status" -> times(write, object, was);
      default -> {}
    }
  }

  /** When a condition was last written and when it changed, where the client leaves that open. */
  private static void times(Write write, ObjectNode object, JsonNode was) {
    if (!(object.path("status").get("conditions") instanceof ArrayNode conditions)) {
      return;
    }
    String now = Timestamps.seconds(write.now());
    for (JsonNode node : conditions) {
      if (!(node instanceof ObjectNode condition)) {
        continue;
      }
      if (Meta.text(condition, "lastUpdateTime").isEmpty()) {
        condition.put("lastUpdateTime", now);
      }
      if (Meta.text(condition, "lastTransitionTime").isEmpty()) {
        condition.put("lastTransitionTime", now);
        for (JsonNode before : was.path("status").path("conditions")) {
          if (Meta.text(before, "type").equals(Meta.text(condition, "type"))
              && Meta.text(before, "status").equals(Meta.text(condition, "status"))) {
            Meta.restore(condition, before, "lastTransitionTime");
          }
        }
      }
    }
  }
}
