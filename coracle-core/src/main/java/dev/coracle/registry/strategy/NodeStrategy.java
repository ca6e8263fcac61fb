package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;

/** Nodes: whoever registers one says how it is. */
final class NodeStrategy implements Strategy {

  @Override
  public boolean takesStatusOnCreate() {
    return true;
  }

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    InitialStatus.completeNode(object);
  }
}
