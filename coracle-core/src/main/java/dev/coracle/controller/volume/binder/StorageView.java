package dev.coracle.controller.volume.binder;

import dev.coracle.api.KubeObject;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the decisions look at. */
interface StorageView {

  Collection<KubeObject> volumes();

  @Nullable KubeObject volume(String name);

  Collection<KubeObject> storageClasses();

  @Nullable KubeObject storageClass(String name);

  /** The names of the Pods without a node, and not finished, that use a claim. */
  List<String> waitingPods(KubeObject claim);
}
