package dev.coracle.client.storage;

import dev.coracle.api.KubeObject;

/** The name of the provisioner whose volumes are directories of nodes. */
public final class LocalPath {

  public static final String PROVISIONER = "coracle.dev/local-path";

  private LocalPath() {}

  /** Whether a volume is one of its. */
  public static boolean made(KubeObject volume) {
    return StorageAnnotations.get(volume, StorageAnnotations.PROVISIONED_BY).equals(PROVISIONER);
  }
}
