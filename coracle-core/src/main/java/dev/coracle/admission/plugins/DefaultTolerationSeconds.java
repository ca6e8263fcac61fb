package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Operation;

/**
 * A Pod that says nothing of it stays for five minutes on a node that is not ready or not
 * reachable.
 */
public final class DefaultTolerationSeconds implements AdmissionPlugin {

  private static final int SECONDS = 300;

  @Override
  public String name() {
    return "DefaultTolerationSeconds";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    ObjectNode pod = AdmissionPlugin.coreObject(attributes, "pods");
    boolean write =
        attributes.operation() == Operation.CREATE || attributes.operation() == Operation.UPDATE;
    if (!write || pod == null || !(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    for (String key :
        new String[] {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
      if (!tolerates(spec, key)) {
        ArrayNode tolerations =
            spec.get("tolerations") instanceof ArrayNode array
                ? array
                : spec.putArray("tolerations");
        tolerations
            .addObject()
            .put("key", key)
            .put("operator", "Exists")
            .put("effect", "NoExecute")
            .put("tolerationSeconds", SECONDS);
      }
    }
  }

  private static boolean tolerates(ObjectNode spec, String key) {
    for (JsonNode toleration : spec.path("tolerations")) {
      String itsKey = toleration.path("key").asText("");
      String effect = toleration.path("effect").asText("");
      if ((itsKey.isEmpty() || itsKey.equals(key))
          && (effect.isEmpty() || effect.equals("NoExecute"))) {
        return true;
      }
    }
    return false;
  }
}
