package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;

/** Deployments: who writes their status cannot change their labels, unlike their annotations. */
final class DeploymentStrategy implements Strategy {

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    if (!write.subresource().equals("status")) {
      return;
    }
    JsonNode labels = old.at("metadata", "labels");
    if (labels.isObject()) {
      Meta.of(object).set("labels", labels.deepCopy());
    } else {
      Meta.of(object).remove("labels");
    }
  }
}
