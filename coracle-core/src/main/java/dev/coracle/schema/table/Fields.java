package dev.coracle.schema.table;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which fields of an object somebody wants to see: a tree of names. What it says of a list holds
 * for each of its elements.
 */
final class Fields {

  /** All that is there. */
  static final Fields WHOLE = new Fields(Map.of());

  /** Only how many elements or entries there are: each is null. */
  static final Fields COUNTED = new Fields(Map.of());

  private final byte[][] names;
  private final Fields[] children;

  private final boolean metadata;

  private Fields(Map<String, Fields> wanted) {
    metadata = wanted.containsKey("metadata");
    names = new byte[wanted.size()][];
    children = new Fields[wanted.size()];
    int i = 0;
    for (Map.Entry<String, Fields> entry : wanted.entrySet()) {
      names[i] = entry.getKey().getBytes(StandardCharsets.UTF_8);
      children[i++] = entry.getValue();
    }
  }

  /**
   * Reads a notation such as {@code spec(nodeName containers(#)) status(phase conditions)}: a name
   * alone wants the whole field, {@code #} in brackets only its size.
   */
  static Fields of(String notation) {
    String spaced = notation.replace("(", " ( ").replace(")", " ) ").strip();
    return of(new ArrayDeque<>(List.of(spaced.split("\\s+", -1))));
  }

  /** Takes words up to a closing bracket, or all. */
  private static Fields of(Deque<String> words) {
    Map<String, Fields> wanted = new LinkedHashMap<>();
    while (!words.isEmpty()) {
      String word = words.pop();
      if (word.equals(")")) {
        break;
      }
      boolean some = "(".equals(words.peek());
      if (some) {
        words.pop();
      }
      wanted.put(word, some ? of(words) : WHOLE);
    }
    return wanted.containsKey("#") ? COUNTED : new Fields(wanted);
  }

  /** The fields that paths of names lead to, each wanted whole. */
  static Fields ofPaths(Iterable<? extends Iterable<String>> paths) {
    Map<String, Object> root = new LinkedHashMap<>();
    for (Iterable<String> path : paths) {
      add(root, path);
    }
    return of(root);
  }

  private static final Object ALL = new Object();

  @SuppressWarnings("unchecked")
  private static void add(Map<String, Object> root, Iterable<String> path) {
    Map<String, Object> at = root;
    var steps = path.iterator();
    while (steps.hasNext()) {
      String step = steps.next();
      if (at.get(step) == ALL) {
        return;
      }
      if (!steps.hasNext()) {
        at.put(step, ALL);
      } else {
        at = (Map<String, Object>) at.computeIfAbsent(step, any -> new LinkedHashMap<>());
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static Fields of(Map<String, Object> tree) {
    Map<String, Fields> wanted = new LinkedHashMap<>();
    tree.forEach(
        (name, below) -> wanted.put(name, below == ALL ? WHOLE : of((Map<String, Object>) below)));
    return new Fields(wanted);
  }

  /** Whether anything of the metadata is wanted. */
  boolean hasMetadata() {
    return metadata || this == WHOLE;
  }

  /** What is wanted of a field, or null for nothing. */
  @Nullable Fields child(byte[] json, int from, int to) {
    if (this == WHOLE) {
      return WHOLE;
    }
    for (int i = 0; i < names.length; i++) {
      byte[] name = names[i];
      if (name.length == to - from && Arrays.equals(json, from, to, name, 0, name.length)) {
        return children[i];
      }
    }
    return null;
  }
}
