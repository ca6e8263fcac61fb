package dev.coracle.registry.strategy;

import dev.coracle.registry.resource.Strategy;

/** ReplicationControllers leave their Pods behind when a deletion does not say otherwise. */
final class ReplicationControllerStrategy implements Strategy {

  @Override
  public boolean orphansByDefault() {
    return true;
  }
}
