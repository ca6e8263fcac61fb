package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;
import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sorted set of objects, by the order that their keys {@code namespace/name} have in
 * the store. A change copies one path of wide nodes and shares the rest, so a snapshot is a
 * reference. It holds nothing per object but that reference.
 */
public final class ObjectTree {

  public static final ObjectTree EMPTY = new ObjectTree(new Leaf(new KubeObject[0]));

  private static final int WIDTH = 64;

  private final Node root;

  private ObjectTree(Node root) {
    this.root = root;
  }

  private sealed interface Node {
    KubeObject first();

    int size();
  }

  private record Leaf(KubeObject[] items) implements Node {
    @Override
    public KubeObject first() {
      return items[0];
    }

    @Override
    public int size() {
      return items.length;
    }
  }

  private record Inner(Node[] children, int size) implements Node {
    static Inner of(Node... children) {
      int size = 0;
      for (Node child : children) {
        size += child.size();
      }
      return new Inner(children, size);
    }

    @Override
    public KubeObject first() {
      return children[0].first();
    }

    /** The last child whose first object is not behind the key. */
    int childOf(String namespace, String name) {
      int low = 1;
      int high = children.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (compare(children[middle].first(), namespace, name) <= 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low - 1;
    }
  }

  public int size() {
    return root.size();
  }

  public @Nullable KubeObject get(String namespace, String name) {
    Node node = root;
    while (node instanceof Inner inner) {
      node = inner.children()[inner.childOf(namespace, name)];
    }
    KubeObject[] items = ((Leaf) node).items();
    int at = search(items, namespace, name);
    return at >= 0 ? items[at] : null;
  }

  /** The tree with the object in it, in the place of one with the same key. */
  public ObjectTree with(KubeObject object) {
    Node[] parts = put(root, object);
    return new ObjectTree(parts.length == 1 ? parts[0] : Inner.of(parts));
  }

  /** The tree without the key; the same tree if it isn't there. */
  public ObjectTree without(String namespace, String name) {
    if (get(namespace, name) == null) {
      return this;
    }
    Node left = remove(root, namespace, name);
    while (left instanceof Inner inner && inner.children().length == 1) {
      left = inner.children()[0];
    }
    return left == null ? EMPTY : new ObjectTree(left);
  }

  /** A tree of objects that are sorted already. */
  public static ObjectTree ofSorted(KubeObject[] objects) {
    if (objects.length == 0) {
      return EMPTY;
    }
    int fill = WIDTH * 3 / 4;
    Node[] level = new Node[(objects.length + fill - 1) / fill];
    for (int i = 0; i < level.length; i++) {
      level[i] =
          new Leaf(Arrays.copyOfRange(objects, i * fill, Math.min(objects.length, (i + 1) * fill)));
    }
    while (level.length > 1) {
      Node[] upper = new Node[(level.length + fill - 1) / fill];
      for (int i = 0; i < upper.length; i++) {
        upper[i] =
            Inner.of(Arrays.copyOfRange(level, i * fill, Math.min(level.length, (i + 1) * fill)));
      }
      level = upper;
    }
    return new ObjectTree(level[0]);
  }

  /**
   * Visits the objects in order from the first key that is not before {@code namespace/name}, until
   * the visitor says false.
   */
  public void from(String namespace, String name, Predicate<KubeObject> visitor) {
    visit(root, namespace, name, visitor);
  }

  public void forEach(java.util.function.Consumer<KubeObject> visitor) {
    from(
        "",
        "",
        object -> {
          visitor.accept(object);
          return true;
        });
  }

  /** How many objects are before the key. */
  public int rank(String namespace, String name) {
    int before = 0;
    Node node = root;
    while (node instanceof Inner inner) {
      int child = inner.childOf(namespace, name);
      for (int i = 0; i < child; i++) {
        before += inner.children()[i].size();
      }
      node = inner.children()[child];
    }
    int at = search(((Leaf) node).items(), namespace, name);
    return before + (at >= 0 ? at : -at - 1);
  }

  private static boolean visit(
      Node node, String namespace, String name, Predicate<KubeObject> visitor) {
    return switch (node) {
      case Leaf leaf -> {
        int at = search(leaf.items(), namespace, name);
        for (int i = at >= 0 ? at : -at - 1; i < leaf.items().length; i++) {
          if (!visitor.test(leaf.items()[i])) {
            yield false;
          }
        }
        yield true;
      }
      case Inner inner -> {
        for (int i = inner.childOf(namespace, name); i < inner.children().length; i++) {
          if (!visit(inner.children()[i], namespace, name, visitor)) {
            yield false;
          }
        }
        yield true;
      }
    };
  }

  private static Node[] put(Node node, KubeObject object) {
    return switch (node) {
      case Leaf leaf -> {
        KubeObject[] items = leaf.items();
        int at = search(items, object.namespace(), object.name());
        if (at >= 0) {
          KubeObject[] copy = items.clone();
          copy[at] = object;
          yield new Node[] {new Leaf(copy)};
        }
        KubeObject[] copy = insert(items, -at - 1, object);
        if (copy.length <= WIDTH) {
          yield new Node[] {new Leaf(copy)};
        }
        int half = splitAt(copy.length, -at - 1);
        yield new Node[] {
          new Leaf(Arrays.copyOfRange(copy, 0, half)),
          new Leaf(Arrays.copyOfRange(copy, half, copy.length))
        };
      }
      case Inner inner -> {
        int child = inner.childOf(object.namespace(), object.name());
        Node[] parts = put(inner.children()[child], object);
        Node[] children = inner.children().clone();
        children[child] = parts[0];
        if (parts.length == 1) {
          yield new Node[] {Inner.of(children)};
        }
        children = insert(children, child + 1, parts[1]);
        if (children.length <= WIDTH) {
          yield new Node[] {Inner.of(children)};
        }
        int half = splitAt(children.length, child + 1);
        yield new Node[] {
          Inner.of(Arrays.copyOfRange(children, 0, half)),
          Inner.of(Arrays.copyOfRange(children, half, children.length))
        };
      }
    };
  }

  /** Rising keys leave full nodes behind; others split in the middle. */
  private static int splitAt(int length, int inserted) {
    return inserted == length - 1 ? length - 1 : length / 2;
  }

  private static @Nullable Node remove(Node node, String namespace, String name) {
    return switch (node) {
      case Leaf leaf -> {
        KubeObject[] items = leaf.items();
        int at = search(items, namespace, name);
        if (items.length == 1) {
          yield null;
        }
        KubeObject[] copy = Arrays.copyOf(items, items.length - 1);
        System.arraycopy(items, at + 1, copy, at, items.length - at - 1);
        yield new Leaf(copy);
      }
      case Inner inner -> {
        int child = inner.childOf(namespace, name);
        Node left = remove(inner.children()[child], namespace, name);
        Node[] children = inner.children();
        if (left != null) {
          children = children.clone();
          children[child] = left;
          yield Inner.of(merged(children, child));
        }
        if (children.length == 1) {
          yield null;
        }
        Node[] copy = Arrays.copyOf(children, children.length - 1);
        System.arraycopy(children, child + 1, copy, child, children.length - child - 1);
        yield Inner.of(copy);
      }
    };
  }

  /** Joins a child with its right (or left) neighbour when both fit well into one node. */
  private static Node[] merged(Node[] children, int child) {
    int left = child + 1 < children.length ? child : child - 1;
    if (left < 0) {
      return children;
    }
    Node joined =
        switch (children[left]) {
          case Leaf a when children[left + 1] instanceof Leaf b ->
              a.items().length + b.items().length > WIDTH / 2
                  ? null
                  : new Leaf(concat(a.items(), b.items()));
          case Inner a when children[left + 1] instanceof Inner b ->
              a.children().length + b.children().length > WIDTH / 2
                  ? null
                  : Inner.of(concat(a.children(), b.children()));
          default -> null;
        };
    if (joined == null) {
      return children;
    }
    Node[] copy = Arrays.copyOf(children, children.length - 1);
    System.arraycopy(children, left + 2, copy, left + 1, children.length - left - 2);
    copy[left] = joined;
    return copy;
  }

  private static <T> T[] concat(T[] a, T[] b) {
    T[] joined = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, joined, a.length, b.length);
    return joined;
  }

  private static <T> T[] insert(T[] items, int at, T item) {
    T[] copy = Arrays.copyOf(items, items.length + 1);
    System.arraycopy(items, at, copy, at + 1, items.length - at);
    copy[at] = item;
    return copy;
  }

  private static int search(KubeObject[] items, String namespace, String name) {
    int low = 0;
    int high = items.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(items[middle], namespace, name);
      if (order < 0) {
        low = middle + 1;
      } else if (order > 0) {
        high = middle - 1;
      } else {
        return middle;
      }
    }
    return -low - 1;
  }

  private static int compare(KubeObject object, String namespace, String name) {
    int order = compareNamespaces(object.namespace(), namespace);
    return order != 0 ? order : object.name().compareTo(name);
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
