package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * What a watch begins with, made as it is wanted: a watcher that reads slowly, or not at all, holds
 * a snapshot and not an event for each object.
 */
final class InitialEvents implements Iterator<WatchEvent> {

  private static final int PAGE = 64;

  private final ObjectTree tree;
  private final String namespace;
  private final Selection selection;
  private final ArrayDeque<KubeObject> page = new ArrayDeque<>(PAGE);
  private String nextNamespace;
  private String nextName = "";
  private boolean last;

  /**
   * @param namespace empty for all
   */
  InitialEvents(ObjectTree tree, String namespace, Selection selection) {
    this.tree = tree;
    this.namespace = namespace;
    this.selection = selection;
    this.nextNamespace = namespace;
  }

  @Override
  public boolean hasNext() {
    if (page.isEmpty() && !last) {
      last = true;
      tree.from(nextNamespace, nextName, this::visit);
    }
    return !page.isEmpty();
  }

  /** Whether more objects are wanted. */
  private boolean visit(KubeObject object) {
    if (!namespace.isEmpty() && !object.namespace().equals(namespace)) {
      return false;
    }
    if (page.size() == PAGE) {
      nextNamespace = object.namespace();
      nextName = object.name();
      last = false;
      return false;
    }
    if (selection.matches(object)) {
      page.add(object);
    }
    return true;
  }

  @Override
  public WatchEvent next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return new WatchEvent(WatchEvent.Type.ADDED, page.remove());
  }
}
