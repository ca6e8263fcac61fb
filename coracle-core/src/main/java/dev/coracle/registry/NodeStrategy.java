package dev.coracle.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;

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
