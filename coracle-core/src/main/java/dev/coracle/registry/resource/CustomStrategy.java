package dev.coracle.registry.resource;

/** Custom resources: a PUT must say which version it replaces. */
final class CustomStrategy implements Strategy {

  @Override
  public boolean updatesUnconditionally() {
    return false;
  }
}
