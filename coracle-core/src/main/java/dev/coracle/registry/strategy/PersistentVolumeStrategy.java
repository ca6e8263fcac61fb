package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;

/** PersistentVolumes: since when they are in their phase. */
final class PersistentVolumeStrategy implements Strategy {

  private static final String SINCE = "lastPhaseTransitionTime";

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    Meta.child(object, "status").put(SINCE, Timestamps.seconds(write.now()));
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    if (!write.toStatus()) {
      return;
    }
    ObjectNode status = Meta.child(object, "status");
    boolean said = status.has(SINCE) && !status.get(SINCE).equals(old.at("status", SINCE));
    if (!said && !Meta.text(status, "phase").equals(old.text("status", "phase"))) {
      status.put(SINCE, Timestamps.seconds(write.now()));
    }
  }
}
