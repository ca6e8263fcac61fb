package dev.coracle.store;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sorted set of elements, each of which has a key of two parts: a folder, which many
 * share, and a name. A change copies one path of wide nodes and shares the rest, so a snapshot is a
 * reference. It holds nothing per element but that reference.
 */
public final class KeyTree<E> {

  /** What the keys of elements are, and how they are ordered. */
  public interface Order<E> {

    String folder(E element);

    String name(E element);

    /** Whether the element's key is before (negative), at (0) or behind the given key. */
    int compare(E element, String folder, String name);
  }

  private static final int WIDTH = 64;

  private final Order<E> order;
  private final Node root;

  private KeyTree(Order<E> order, Node root) {
    this.order = order;
    this.root = root;
  }

  /** A tree of nothing yet. */
  public static <E> KeyTree<E> empty(Order<E> order) {
    return new KeyTree<>(order, new Leaf(new Object[0]));
  }

  private sealed interface Node {
    Object first();

    int size();
  }

  private record Leaf(Object[] items) implements Node {
    @Override
    public Object first() {
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
    public Object first() {
      return children[0].first();
    }
  }

  public int size() {
    return root.size();
  }

  public @Nullable E get(String folder, String name) {
    Node node = root;
    while (node instanceof Inner inner) {
      node = inner.children()[childOf(inner, folder, name)];
    }
    Object[] items = ((Leaf) node).items();
    int at = search(items, folder, name);
    return at >= 0 ? element(items[at]) : null;
  }

  /** The tree with the element in it, in the place of one with the same key. */
  public KeyTree<E> with(E element) {
    Node[] parts = put(root, element, order.folder(element), order.name(element));
    return new KeyTree<>(order, parts.length == 1 ? parts[0] : Inner.of(parts));
  }

  /** The tree without the key; the same tree if it isn't there. */
  public KeyTree<E> without(String folder, String name) {
    if (get(folder, name) == null) {
      return this;
    }
    Node left = remove(root, folder, name);
    while (left instanceof Inner inner && inner.children().length == 1) {
      left = inner.children()[0];
    }
    return left == null ? empty(order) : new KeyTree<>(order, left);
  }

  /** A tree of elements that are sorted already. */
  public static <E> KeyTree<E> ofSorted(Order<E> order, List<E> elements) {
    if (elements.isEmpty()) {
      return empty(order);
    }
    int count = elements.size();
    int fill = WIDTH * 3 / 4;
    Node[] level = new Node[(count + fill - 1) / fill];
    for (int i = 0; i < level.length; i++) {
      level[i] = new Leaf(elements.subList(i * fill, Math.min(count, (i + 1) * fill)).toArray());
    }
    while (level.length > 1) {
      Node[] upper = new Node[(level.length + fill - 1) / fill];
      for (int i = 0; i < upper.length; i++) {
        upper[i] =
            Inner.of(Arrays.copyOfRange(level, i * fill, Math.min(level.length, (i + 1) * fill)));
      }
      level = upper;
    }
    return new KeyTree<>(order, level[0]);
  }

  /**
   * Visits the elements in order from the first key that is not before the given one, until the
   * visitor says false.
   */
  public void from(String folder, String name, Predicate<E> visitor) {
    visit(root, folder, name, visitor);
  }

  /** How many elements are before the key. */
  public int rank(String folder, String name) {
    int before = 0;
    Node node = root;
    while (node instanceof Inner inner) {
      int child = childOf(inner, folder, name);
      for (int i = 0; i < child; i++) {
        before += inner.children()[i].size();
      }
      node = inner.children()[child];
    }
    int at = search(((Leaf) node).items(), folder, name);
    return before + (at >= 0 ? at : -at - 1);
  }

  /** Leaves hold nothing but elements. */
  @SuppressWarnings("unchecked")
  private E element(Object item) {
    return (E) item;
  }

  private boolean visit(Node node, String folder, String name, Predicate<E> visitor) {
    return switch (node) {
      case Leaf leaf -> {
        int at = search(leaf.items(), folder, name);
        for (int i = at >= 0 ? at : -at - 1; i < leaf.items().length; i++) {
          if (!visitor.test(element(leaf.items()[i]))) {
            yield false;
          }
        }
        yield true;
      }
      case Inner inner -> {
        for (int i = childOf(inner, folder, name); i < inner.children().length; i++) {
          if (!visit(inner.children()[i], folder, name, visitor)) {
            yield false;
          }
        }
        yield true;
      }
    };
  }

  /** The last child whose first element is not behind the key. */
  private int childOf(Inner inner, String folder, String name) {
    Node[] children = inner.children();
    int low = 1;
    int high = children.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (order.compare(element(children[middle].first()), folder, name) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  private Node[] put(Node node, E element, String folder, String name) {
    return switch (node) {
      case Leaf leaf -> {
        Object[] items = leaf.items();
        int at = search(items, folder, name);
        if (at >= 0) {
          Object[] copy = items.clone();
          copy[at] = element;
          yield new Node[] {new Leaf(copy)};
        }
        Object[] copy = insert(items, -at - 1, element);
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
        int child = childOf(inner, folder, name);
        Node[] parts = put(inner.children()[child], element, folder, name);
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

  private @Nullable Node remove(Node node, String folder, String name) {
    return switch (node) {
      case Leaf leaf -> {
        Object[] items = leaf.items();
        int at = search(items, folder, name);
        if (items.length == 1) {
          yield null;
        }
        Object[] copy = Arrays.copyOf(items, items.length - 1);
        System.arraycopy(items, at + 1, copy, at, items.length - at - 1);
        yield new Leaf(copy);
      }
      case Inner inner -> {
        int child = childOf(inner, folder, name);
        Node left = remove(inner.children()[child], folder, name);
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

  private int search(Object[] items, String folder, String name) {
    int low = 0;
    int high = items.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int compared = order.compare(element(items[middle]), folder, name);
      if (compared < 0) {
        low = middle + 1;
      } else if (compared > 0) {
        high = middle - 1;
      } else {
        return middle;
      }
    }
    return -low - 1;
  }
}
