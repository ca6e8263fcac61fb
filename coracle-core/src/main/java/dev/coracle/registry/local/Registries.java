package dev.coracle.registry.local;

import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.store.Store;

/** Makes registries. */
public final class Registries {

  private Registries() {}

  /**
   * Serves the built-in resources, and those of the CRDs that are in the store. Nothing else is
   * read until it is asked for.
   */
  public static Registry open(Store store, RegistryConfig config) {
    return new LocalRegistry(store, config);
  }
}
