package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Operation;

/**
 * A new node takes no Pods until it is known to be ready: it begins with the taint {@code
 * node.kubernetes.io/not-ready:NoSchedule}.
 */
public final class TaintNodesByCondition implements AdmissionPlugin {

  private static final String KEY = "node.kubernetes.io/not-ready";
  private static final String EFFECT = "NoSchedule";

  @Override
  public String name() {
    return "TaintNodesByCondition";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    ObjectNode node = AdmissionPlugin.coreObject(attributes, "nodes");
    if (node == null || attributes.operation() != Operation.CREATE) {
      return;
    }
    for (JsonNode taint : node.path("spec").path("taints")) {
      if (taint.path("key").asText().equals(KEY) && taint.path("effect").asText().equals(EFFECT)) {
        return;
      }
    }
    node.withObject("/spec").withArray("/taints").addObject().put("key", KEY).put("effect", EFFECT);
  }
}
