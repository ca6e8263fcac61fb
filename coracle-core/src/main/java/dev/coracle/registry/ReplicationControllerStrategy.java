package dev.coracle.registry;

/** ReplicationControllers leave their Pods behind when a deletion does not say otherwise. */
final class ReplicationControllerStrategy implements Strategy {

  @Override
  public boolean orphansByDefault() {
    return true;
  }
}
