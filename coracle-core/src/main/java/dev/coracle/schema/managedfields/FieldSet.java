package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A set of paths into an object: what a manager owns ({@code FieldsV1}). Immutable.
 *
 * <p>Steps are written as FieldsV1 writes them: {@code f:name} for a field, {@code k:{"name":"a"}}
 * for the element of a list with these keys, {@code v:"x"} for an element of a set.
 */
public final class FieldSet {

  public static final FieldSet EMPTY = new FieldSet(false, new TreeMap<>());
  static final FieldSet SELF = new FieldSet(true, new TreeMap<>());

  private final boolean member;
  private final TreeMap<String, FieldSet> children;

  private FieldSet(boolean member, TreeMap<String, FieldSet> children) {
    this.member = member;
    this.children = children;
  }

  /** The set of these paths of plain field names, such as {@code metadata.labels}. */
  public static FieldSet of(String... paths) {
    Builder builder = new Builder();
    for (String path : paths) {
      Builder node = builder;
      for (String name : path.split("\\.")) {
        node = node.child("f:" + name);
      }
      node.member = true;
    }
    return builder.build();
  }

  /** Whether the path that led here is in the set itself. */
  boolean isMember() {
    return member;
  }

  boolean isEmpty() {
    return !member && children.isEmpty();
  }

  Map<String, FieldSet> children() {
    return children;
  }

  /** What the set has below a step. */
  FieldSet below(String step) {
    return children.getOrDefault(step, EMPTY);
  }

  FieldSet union(FieldSet other) {
    if (other.isEmpty()) {
      return this;
    }
    if (isEmpty()) {
      return other;
    }
    TreeMap<String, FieldSet> all = new TreeMap<>(children);
    other.children.forEach((step, set) -> all.merge(step, set, FieldSet::union));
    return new FieldSet(member || other.member, all);
  }

  FieldSet intersection(FieldSet other) {
    TreeMap<String, FieldSet> both = new TreeMap<>();
    children.forEach((step, set) -> put(both, step, set.intersection(other.below(step))));
    return new FieldSet(member && other.member, both);
  }

  /** Without the paths of the other set; paths below them stay. */
  FieldSet difference(FieldSet other) {
    if (other.isEmpty()) {
      return this;
    }
    TreeMap<String, FieldSet> left = new TreeMap<>();
    children.forEach((step, set) -> put(left, step, set.difference(other.below(step))));
    return new FieldSet(member && !other.member, left);
  }

  /** Without the paths of the other set and everything below them. */
  FieldSet withoutAll(FieldSet other) {
    if (other.member) {
      return EMPTY;
    }
    TreeMap<String, FieldSet> left = new TreeMap<>();
    children.forEach((step, set) -> put(left, step, set.withoutAll(other.below(step))));
    return new FieldSet(member, left);
  }

  private static void put(TreeMap<String, FieldSet> into, String step, FieldSet set) {
    if (!set.isEmpty()) {
      into.put(step, set);
    }
  }

  /** Every path, as messages show it: {@code .spec.containers[name="a"].image}. */
  List<String> paths() {
    List<String> paths = new ArrayList<>();
    collect("", paths);
    return paths;
  }

  private void collect(String prefix, List<String> paths) {
    if (member) {
      paths.add(prefix);
    }
    children.forEach((step, set) -> set.collect(prefix + shown(step), paths));
  }

  private static String shown(String step) {
    String value = step.substring(2);
    return switch (step.charAt(0)) {
      case 'f' -> "." + value;
      case 'k' -> {
        List<String> keys = new ArrayList<>();
        for (Map.Entry<String, JsonNode> key : Json.read(value).properties()) {
          keys.add(key.getKey() + "=" + key.getValue());
        }
        yield "[" + String.join(",", keys) + "]";
      }
      case 'v' -> "[=" + value + "]";
      default -> "[" + value + "]";
    };
  }

  /** As FieldsV1 has it. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    if (member && !children.isEmpty()) {
      json.set(".", Json.object());
    }
    children.forEach((step, set) -> json.set(step, set.toJson()));
    return json;
  }

  static FieldSet fromJson(JsonNode json) {
    FieldSet read = node(json);
    return read.children.isEmpty() ? EMPTY : new FieldSet(false, read.children);
  }

  private static FieldSet node(JsonNode json) {
    TreeMap<String, FieldSet> children = new TreeMap<>();
    boolean member = json.isEmpty();
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (field.getKey().equals(".")) {
        member = true;
      } else {
        children.put(normal(field.getKey()), node(field.getValue()));
      }
    }
    return new FieldSet(member, children);
  }

  private static String normal(String step) {
    if (!step.startsWith("k:") && !step.startsWith("v:") || ListStep.isPlain(step)) {
      return step;
    }
    try {
      JsonNode value = Json.read(step.substring(2));
      return value instanceof ObjectNode keys && step.startsWith("k:")
          ? key(keys)
          : step.substring(0, 2) + value;
    } catch (IllegalArgumentException e) {
      return step;
    }
  }

  /** The step to the element of a list that has these keys. */
  static String key(ObjectNode keys) {
    String plain = ListStep.plain(keys);
    if (plain != null) {
      return plain;
    }
    TreeMap<String, JsonNode> sorted = new TreeMap<>();
    keys.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    ObjectNode ordered = Json.object();
    ordered.setAll(sorted);
    return "k:" + ordered;
  }

  /** Whether a manager with these {@code fieldsV1}, as they are written here, owns all of it. */
  boolean isWithin(JsonNode fieldsV1) {
    for (Map.Entry<String, FieldSet> child : children.entrySet()) {
      JsonNode owned = fieldsV1.get(child.getKey());
      FieldSet set = child.getValue();
      if (owned == null || (set.member && !isMember(owned)) || !set.isWithin(owned)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a manager with these {@code fieldsV1}, as they are written here, owns none of it. */
  boolean isApartFrom(JsonNode fieldsV1) {
    for (Map.Entry<String, FieldSet> child : children.entrySet()) {
      JsonNode owned = fieldsV1.get(child.getKey());
      FieldSet set = child.getValue();
      if (owned != null && ((set.member && isMember(owned)) || !set.isApartFrom(owned))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isMember(JsonNode node) {
    return node.isEmpty() || node.has(".");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FieldSet set && set.member == member && set.children.equals(children);
  }

  @Override
  public int hashCode() {
    return children.hashCode() * 2 + (member ? 1 : 0);
  }

  @Override
  public String toString() {
    return toJson().toString();
  }

  /** A set that grows. */
  static final class Builder {
    boolean member;
    private final TreeMap<String, Builder> children = new TreeMap<>();

    Builder child(String step) {
      return children.computeIfAbsent(step, unused -> new Builder());
    }

    FieldSet build() {
      TreeMap<String, FieldSet> built = new TreeMap<>();
      children.forEach((step, child) -> put(built, step, child.build()));
      return new FieldSet(member, built);
    }
  }
}
