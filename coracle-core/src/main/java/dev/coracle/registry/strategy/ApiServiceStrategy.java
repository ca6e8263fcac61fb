package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;

/** APIServices: one that names no Service is this server's own, and available from the first. */
final class ApiServiceStrategy implements Strategy {

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    if (object.path("spec").path("service").isObject()) {
      return;
    }
    Meta.child(object, "status")
        .putArray("conditions")
        .addObject()
        .put("type", "Available")
        .put("status", "True")
        .put("lastTransitionTime", Timestamps.seconds(write.now()))
        .put("reason", "Local")
        .put("message", "Local APIServices are always available");
  }

  @Override
  public boolean updatesUnconditionally() {
    return false;
  }
}
