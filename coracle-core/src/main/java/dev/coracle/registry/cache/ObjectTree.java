package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;
import dev.coracle.store.KeyTree;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sorted set of objects, by the order that their keys {@code namespace/name} have in
 * the store.
 */
public final class ObjectTree {

  private static final KeyTree.Order<KubeObject> ORDER =
      new KeyTree.Order<>() {
        @Override
        public String folder(KubeObject object) {
          return object.namespace();
        }

        @Override
        public String name(KubeObject object) {
          return object.name();
        }

        @Override
        public int compare(KubeObject object, String namespace, String name) {
          int order = compareNamespaces(object.namespace(), namespace);
          return order != 0 ? order : object.name().compareTo(name);
        }
      };

  public static final ObjectTree EMPTY = new ObjectTree(KeyTree.empty(ORDER));

  private final KeyTree<KubeObject> tree;

  private ObjectTree(KeyTree<KubeObject> tree) {
    this.tree = tree;
  }

  /** A tree of objects that are sorted already. */
  public static ObjectTree ofSorted(List<KubeObject> objects) {
    return objects.isEmpty() ? EMPTY : new ObjectTree(KeyTree.ofSorted(ORDER, objects));
  }

  public int size() {
    return tree.size();
  }

  public @Nullable KubeObject get(String namespace, String name) {
    return tree.get(namespace, name);
  }

  /** The tree with the object in it, in the place of one with the same key. */
  public ObjectTree with(KubeObject object) {
    return new ObjectTree(tree.with(object));
  }

  /** The tree without the key; the same tree if it isn't there. */
  public ObjectTree without(String namespace, String name) {
    KeyTree<KubeObject> left = tree.without(namespace, name);
    return left == tree ? this : new ObjectTree(left);
  }

  /**
   * Visits the objects in order from the first key that is not before {@code namespace/name}, until
   * the visitor says false.
   */
  public void from(String namespace, String name, Predicate<KubeObject> visitor) {
    tree.from(namespace, name, visitor);
  }

  public void forEach(Consumer<KubeObject> visitor) {
    tree.from(
        "",
        "",
        object -> {
          visitor.accept(object);
          return true;
        });
  }

  /** How many objects are before the key. */
  public int rank(String namespace, String name) {
    return tree.rank(namespace, name);
  }

  /** As the keys order them: what follows a namespace's end is a slash. */
  static int compareNamespaces(String a, String b) {
    if (a.equals(b)) {
      return 0;
    }
    int common = Math.min(a.length(), b.length());
    for (int i = 0; i < common; i++) {
      int order = a.charAt(i) - b.charAt(i);
      if (order != 0) {
        return order;
      }
    }
    if (common == 0) {
      return a.length() - b.length();
    }
    return a.length() < b.length() ? '/' - b.charAt(common) : a.charAt(common) - '/';
  }
}
