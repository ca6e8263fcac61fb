package dev.coracle.scheduler.state;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Informers;
import dev.coracle.client.Overlay;
import dev.coracle.client.SharedInformer;
import dev.coracle.scheduler.framework.StorageView;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Storage as the informers show it, and on top what was decided for Pods and is not written or not
 * shown yet (assumed).
 */
public final class StorageState implements StorageView {

  public static final GroupVersionResource CLAIMS =
      GroupVersionResource.core("persistentvolumeclaims");
  public static final GroupVersionResource VOLUMES = GroupVersionResource.core("persistentvolumes");
  private static final String GROUP = "storage.k8s.io";

  private final SharedInformer claimInformer;
  private final SharedInformer volumeInformer;
  private final SharedInformer classInformer;
  private final SharedInformer csiNodeInformer;
  private final Overlay claims;
  private final Overlay volumes;

  public StorageState(Informers informers) {
    claimInformer = informers.of(CLAIMS);
    volumeInformer = informers.of(VOLUMES);
    classInformer = informers.of(GroupVersionResource.of(GROUP, "v1", "storageclasses"));
    csiNodeInformer = informers.of(GroupVersionResource.of(GROUP, "v1", "csinodes"));
    claims = new Overlay(claimInformer);
    volumes = new Overlay(volumeInformer);
  }

  public void awaitSync() throws InterruptedException {
    claimInformer.awaitSync();
    volumeInformer.awaitSync();
    classInformer.awaitSync();
    csiNodeInformer.awaitSync();
  }

  public SharedInformer claimInformer() {
    return claimInformer;
  }

  public SharedInformer volumeInformer() {
    return volumeInformer;
  }

  public SharedInformer classInformer() {
    return classInformer;
  }

  public SharedInformer csiNodeInformer() {
    return csiNodeInformer;
  }

  /** From now on an object is taken to be so. */
  public void assume(KubeObject object) {
    overlay(object).put(object);
  }

  /** It is not so. */
  public void withdraw(KubeObject object) {
    overlay(object).forget(object);
  }

  private Overlay overlay(KubeObject object) {
    return object.kind().equals("PersistentVolume") ? volumes : claims;
  }

  @Override
  public @Nullable KubeObject claim(String namespace, String name) {
    return claims.get(namespace, name);
  }

  @Override
  public @Nullable KubeObject volume(String name) {
    return volumes.get("", name);
  }

  @Override
  public Collection<KubeObject> volumes() {
    return volumes.list();
  }

  @Override
  public @Nullable KubeObject storageClass(String name) {
    return classInformer.get("", name);
  }

  @Override
  public @Nullable KubeObject csiNode(String node) {
    return csiNodeInformer.get("", node);
  }
}
