package dev.coracle.client;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.ListOptions;

/** Shared informers over one client: one watch per resource and selection, however many ask. */
public interface Informers extends AutoCloseable {

  /** The informer of a resource in all namespaces, started if it was not. */
  default SharedInformer of(GroupVersionResource resource) {
    return of(resource, "", ListOptions.ALL);
  }

  /**
   * The informer of a part of a resource (a namespace, a label or field selection), started if it
   * was not.
   */
  SharedInformer of(GroupVersionResource resource, String namespace, ListOptions selection);

  /**
   * Stops a whole resource's informer and forgets it: its resource is gone (a CRD was deleted). The
   * next {@link #of(GroupVersionResource)} starts a new one.
   */
  default void stop(GroupVersionResource resource) {
    stop(resource, "", ListOptions.ALL);
  }

  /** Stops the informer of a part of a resource and forgets it: nobody needs it any more. */
  void stop(GroupVersionResource resource, String namespace, ListOptions selection);

  /** Stops every watch. */
  @Override
  void close();
}
