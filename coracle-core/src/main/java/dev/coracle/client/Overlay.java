package dev.coracle.client;

import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An informer's objects, and on top of them those that its user has written, or takes for written,
 * and that the informer does not show yet. An object on top goes as soon as the informer shows a
 * newer version, or does not know it (any more). Thread-safe.
 */
public final class Overlay {

  private final SharedInformer informer;
  private final ConcurrentHashMap<String, KubeObject> top = new ConcurrentHashMap<>();

  public Overlay(SharedInformer informer) {
    this.informer = informer;
  }

  /**
   * @param object with the resourceVersion that it was read with or that its writing gave it
   */
  public void put(KubeObject object) {
    top.put(object.key(), object);
  }

  /** What was put is not so. */
  public void forget(KubeObject object) {
    top.remove(object.key(), object);
  }

  public @Nullable KubeObject get(String namespace, String name) {
    KubeObject shown = informer.get(namespace, name);
    return shown == null ? gone(namespace, name) : newest(shown);
  }

  public List<KubeObject> list() {
    List<KubeObject> shown = informer.list("");
    if (top.isEmpty()) {
      return shown;
    }
    List<KubeObject> all = new ArrayList<>(shown.size());
    shown.forEach(object -> all.add(newest(object)));
    return all;
  }

  private @Nullable KubeObject gone(String namespace, String name) {
    top.remove(namespace.isEmpty() ? name : namespace + "/" + name);
    return null;
  }

  private KubeObject newest(KubeObject shown) {
    KubeObject written = top.get(shown.key());
    if (written == null) {
      return shown;
    }
    if (shown.resourceVersion() > written.resourceVersion() || !shown.uid().equals(written.uid())) {
      top.remove(shown.key(), written);
      return shown;
    }
    return written;
  }
}
