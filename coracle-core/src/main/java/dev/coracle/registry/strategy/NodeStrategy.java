package dev.coracle.registry.strategy;

import dev.coracle.registry.resource.Strategy;

/** Nodes: whoever registers one says how it is. */
final class NodeStrategy implements Strategy {

  @Override
  public boolean takesStatusOnCreate() {
    return true;
  }
}
