package dev.coracle.schema.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Strategic merge patch: a merge patch that knows which lists are merged, and by which key, with
 * the directives {@code $patch}, {@code $retainKeys}, {@code $deleteFromPrimitiveList} and {@code
 * $setElementOrder} ("Strategic Merge Patch" in the Kubernetes community's API conventions).
 */
public final class StrategicMergePatch implements Patch {

  private static final String DIRECTIVE = "$patch";
  private static final String RETAIN_KEYS = "$retainKeys";
  private static final String DELETE_FROM = "$deleteFromPrimitiveList/";
  private static final String ORDER = "$setElementOrder/";

  private final ObjectNode patch;
  private final List<String> strictErrors;

  private StrategicMergePatch(PatchBody parsed) {
    this.patch = parsed.object();
    this.strictErrors = parsed.strictErrors();
  }

  public static StrategicMergePatch parse(byte[] body) {
    return new StrategicMergePatch(PatchBody.of(body));
  }

  @Override
  public List<String> strictErrors() {
    return strictErrors;
  }

  @Override
  public ObjectNode apply(ObjectNode original, Schema schema) {
    return merge(original, patch.deepCopy(), schema);
  }

  /**
   * @param before stays as it is
   * @param patch is used up
   */
  private static ObjectNode merge(ObjectNode before, ObjectNode patch, @Nullable Schema schema) {
    JsonNode directive = patch.get(DIRECTIVE);
    if (directive != null) {
      return switch (directive.asText()) {
        case "replace" -> {
          patch.remove(DIRECTIVE);
          yield patch;
        }
        case "delete" -> Json.object();
        default -> throw unknownDirective(directive, patch);
      };
    }
    ObjectNode original = Json.object();
    original.setAll(before);
    retainKeys(original, patch);
    orderedLists(original, patch, schema);
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      String key = field.getKey();
      boolean deletes = key.startsWith(DELETE_FROM);
      String name = deletes ? key.substring(DELETE_FROM.length()) : key;
      JsonNode change = field.getValue();
      if (change.isNull()) {
        original.remove(name);
        continue;
      }
      JsonNode present = original.get(name);
      Schema child = schema == null ? null : schema.child(name);
      if (present instanceof ObjectNode object && change instanceof ObjectNode changes) {
        original.set(name, replaces(child) ? changes : merge(object, changes, child));
      } else if (present instanceof ArrayNode list && change instanceof ArrayNode changes) {
        original.set(name, deletes ? without(list, changes) : mergeLists(list, changes, child));
      } else if (!deletes) {
        JsonNode plain = withoutDirectives(change);
        if (plain != null) {
          original.set(name, plain);
        } else {
          original.remove(name);
        }
      }
    }
    return original;
  }

  private static boolean replaces(@Nullable Schema schema) {
    return schema != null && schema.patchStrategy().contains("replace");
  }

  /** Drops what the patch does not want to keep. */
  private static void retainKeys(ObjectNode original, ObjectNode patch) {
    JsonNode directive = patch.remove(RETAIN_KEYS);
    if (directive == null) {
      return;
    }
    Set<String> kept = new HashSet<>();
    directive.forEach(key -> kept.add(key.asText()));
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      String name = field.getKey();
      boolean special = name.startsWith(DELETE_FROM) || name.startsWith(ORDER);
      if (!special && !field.getValue().isNull() && !kept.contains(name)) {
        throw badRetainKeys();
      }
    }
    if (!directive.isArray()) {
      throw badRetainKeys();
    }
    original.retain(kept);
  }

  /** Merges the lists that come with an order of their own, and takes them out of the patch. */
  private static void orderedLists(ObjectNode original, ObjectNode patch, @Nullable Schema schema) {
    List<String> directives = new ArrayList<>();
    patch.fieldNames().forEachRemaining(directives::add);
    for (String directive : directives) {
      if (!directive.startsWith(ORDER)) {
        continue;
      }
      JsonNode order = patch.remove(directive);
      String name = directive.substring(ORDER.length());
      JsonNode present = original.get(name);
      JsonNode changes = patch.get(name);
      if (changes != null && changes.isNull()) {
        continue;
      }
      if (!(order instanceof ArrayNode wanted)
          || (present != null && !present.isArray())
          || (changes != null && !changes.isArray())) {
        throw StatusException.badRequest("invalid patch format of " + ORDER + " list");
      }
      Schema child = schema == null ? null : schema.child(name);
      ArrayNode before = present instanceof ArrayNode list ? list : Json.array();
      ArrayNode merged;
      if (changes instanceof ArrayNode list) {
        checkOrder(list, wanted, mergeKey(child));
        merged = present == null ? plain(list) : mergeLists(before, list, child);
      } else {
        merged = before;
      }
      if (present != null || changes != null) {
        original.set(name, ordered(merged, wanted, before, mergeKey(child)));
      }
      patch.remove(name);
    }
  }

  /** Everything in the patch's list must be in the order, in that order. */
  private static void checkOrder(ArrayNode changes, ArrayNode wanted, String mergeKey) {
    int at = 0;
    for (JsonNode change : changes) {
      if (change.has(DIRECTIVE)) {
        continue;
      }
      while (at < wanted.size() && !same(wanted.get(at), change, mergeKey)) {
        at++;
      }
      if (at == wanted.size()) {
        throw StatusException.badRequest(
            "The order in patch list:\n"
                + changes
                + "\n doesn't match $setElementOrder list:\n"
                + wanted
                + "\n");
      }
    }
  }

  private static String mergeKey(@Nullable Schema schema) {
    return schema == null ? "" : schema.patchMergeKey();
  }

  private static ArrayNode mergeLists(
      ArrayNode before, ArrayNode changes, @Nullable Schema schema) {
    if (schema == null || !schema.patchStrategy().contains("merge")) {
      return plain(changes);
    }
    if (before.isEmpty() && changes.isEmpty()) {
      return before;
    }
    JsonNode example = before.isEmpty() ? changes.get(0) : before.get(0);
    String mergeKey = example.isObject() ? schema.patchMergeKey() : "";
    ArrayNode original = Json.array().addAll(before);
    ArrayNode order = Json.array();
    if (!example.isObject()) {
      for (JsonNode change : changes) {
        if (indexOf(original, change, "") < 0) {
          original.add(change);
        }
        order.add(change);
      }
      return ordered(original, order, before, "");
    }
    if (mergeKey.isEmpty()) {
      throw Patch.rejected();
    }
    boolean replace = false;
    for (JsonNode change : changes) {
      JsonNode directive = change.get(DIRECTIVE);
      if (directive == null) {
        order.add(change);
      } else if (directive.asText().equals("delete")) {
        deleteMatching(original, change, mergeKey);
      } else if (directive.asText().equals("replace")) {
        replace = true;
      } else {
        throw unknownDirective(directive, change);
      }
    }
    if (replace) {
      return order;
    }
    for (JsonNode change : order) {
      if (!(change instanceof ObjectNode element) || !element.has(mergeKey)) {
        throw noMergeKey(change, mergeKey);
      }
      int index = indexOf(original, element, mergeKey);
      if (index >= 0 && original.get(index) instanceof ObjectNode existing) {
        original.set(index, merge(existing, element.deepCopy(), schema.items()));
      } else {
        JsonNode added = withoutDirectives(element.deepCopy());
        if (added != null) {
          original.add(added);
        }
      }
    }
    return ordered(original, order, before, mergeKey);
  }

  private static void deleteMatching(ArrayNode list, JsonNode which, String mergeKey) {
    if (!which.has(mergeKey)) {
      throw noMergeKey(which, mergeKey);
    }
    for (Iterator<JsonNode> elements = list.iterator(); elements.hasNext(); ) {
      if (same(elements.next(), which, mergeKey)) {
        elements.remove();
      }
    }
  }

  private static ArrayNode without(ArrayNode list, ArrayNode deleted) {
    ArrayNode kept = Json.array();
    for (JsonNode element : list) {
      if (indexOf(deleted, element, "") < 0) {
        kept.add(element);
      }
    }
    return kept;
  }

  /**
   * Puts the elements that the patch names in the patch's order, and the others where they were
   * before: in front of the first element of the patch that came after them.
   */
  private static ArrayNode ordered(
      ArrayNode merged, ArrayNode patchOrder, ArrayNode before, String mergeKey) {
    List<JsonNode> named = new ArrayList<>();
    List<JsonNode> others = new ArrayList<>();
    for (JsonNode wanted : patchOrder) {
      int index = indexOf(merged, wanted, mergeKey);
      if (index >= 0) {
        named.add(merged.get(index));
      }
    }
    for (JsonNode element : merged) {
      if (indexOf(patchOrder, element, mergeKey) < 0) {
        others.add(element);
      }
    }
    ArrayNode result = Json.array();
    int next = 0;
    for (JsonNode element : named) {
      int place = indexOf(before, element, mergeKey);
      while (place >= 0
          && next < others.size()
          && indexOf(before, others.get(next), mergeKey) < place) {
        result.add(others.get(next++));
      }
      result.add(element);
    }
    others.subList(next, others.size()).forEach(result::add);
    return result;
  }

  private static int indexOf(ArrayNode list, JsonNode element, String mergeKey) {
    for (int i = 0; i < list.size(); i++) {
      if (same(list.get(i), element, mergeKey)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean same(JsonNode left, JsonNode right, String mergeKey) {
    if (mergeKey.isEmpty()) {
      return left.equals(right);
    }
    JsonNode key = left.get(mergeKey);
    return key != null && key.equals(right.get(mergeKey));
  }

  private static ArrayNode plain(ArrayNode list) {
    ArrayNode kept = Json.array();
    for (JsonNode element : list) {
      JsonNode plain = withoutDirectives(element);
      if (plain != null) {
        kept.add(plain);
      }
    }
    return kept;
  }

  /** What remains where there is nothing to merge with; null for an object that says how. */
  private static @Nullable JsonNode withoutDirectives(JsonNode value) {
    if (value instanceof ArrayNode list) {
      return plain(list);
    }
    if (!(value instanceof ObjectNode object)) {
      return value;
    }
    if (object.has(DIRECTIVE)) {
      return null;
    }
    ObjectNode kept = Json.object();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      boolean special =
          name.equals(RETAIN_KEYS) || name.startsWith(ORDER) || name.startsWith(DELETE_FROM);
      JsonNode plain =
          special || field.getValue().isNull() ? null : withoutDirectives(field.getValue());
      if (plain != null) {
        kept.set(name, plain);
      }
    }
    return kept;
  }

  private static StatusException badRetainKeys() {
    return StatusException.badRequest("invalid patch format of " + RETAIN_KEYS);
  }

  private static StatusException unknownDirective(JsonNode directive, JsonNode where) {
    return StatusException.badRequest(
        "unknown patch type: " + directive.asText() + " in map: " + where);
  }

  private static StatusException noMergeKey(JsonNode element, String mergeKey) {
    return StatusException.badRequest(
        "map: " + element + " does not contain declared merge key: " + mergeKey);
  }
}
