package dev.coracle.schema.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.schema.Schema;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** JSON patch (RFC 6902): add, remove, replace, move, copy and test, all or nothing. */
public final class JsonPatch implements Patch {

  private static final int MOST_OPERATIONS = 10_000;
  private static final Set<String> FIELDS = Set.of("op", "path", "from", "value");

  private record Operation(
      String op, List<String> path, @Nullable List<String> from, JsonNode value) {}

  private final List<Operation> operations;
  private final List<String> strictErrors;

  private JsonPatch(List<Operation> operations, List<String> strictErrors) {
    this.operations = operations;
    this.strictErrors = strictErrors;
  }

  public static JsonPatch parse(byte[] body) {
    JsonNode tree;
    try {
      tree = Json.read(body);
    } catch (IllegalArgumentException e) {
      throw PatchBody.notJson(body);
    }
    if (!(tree instanceof ArrayNode array)) {
      throw tree.isMissingNode()
          ? PatchBody.notJson(body)
          : mistyped(tree, "Go value of type []handlers.jsonPatchOp");
    }
    if (array.size() > MOST_OPERATIONS) {
      throw StatusException.tooLarge(
          "The allowed maximum operations in a JSON patch is "
              + MOST_OPERATIONS
              + ", got "
              + array.size());
    }
    List<Operation> operations = new ArrayList<>(array.size());
    List<String> strictErrors = new ArrayList<>();
    for (JsonNode item : array) {
      if (!(item instanceof ObjectNode object)) {
        throw mistyped(item, "Go value of type handlers.jsonPatchOp");
      }
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        if (!FIELDS.contains(field.getKey())) {
          strictErrors.add(
              "json patch unknown field \"[" + operations.size() + "]." + field.getKey() + '"');
        }
      }
      String from = object.has("from") ? text(object, "from") : null;
      JsonNode value = object.get("value");
      operations.add(
          new Operation(
              text(object, "op"),
              pointer(text(object, "path")),
              from == null ? null : pointer(from),
              value == null ? MissingNode.getInstance() : value));
    }
    return new JsonPatch(List.copyOf(operations), List.copyOf(strictErrors));
  }

  private static String text(ObjectNode operation, String field) {
    JsonNode value = operation.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isTextual()) {
      throw mistyped(value, "Go struct field jsonPatchOp." + field + " of type string");
    }
    return value.asText();
  }

  private static StatusException mistyped(JsonNode value, String place) {
    String word =
        switch (value.getNodeType()) {
          case ARRAY -> "array";
          case OBJECT, POJO -> "object";
          case NUMBER -> "number";
          case BOOLEAN -> "bool";
          case STRING, BINARY, NULL, MISSING -> "string";
        };
    return PatchBody.bad("json: cannot unmarshal " + word + " into " + place);
  }

  /** The steps of a JSON pointer (RFC 6901). */
  private static List<String> pointer(String path) {
    if (path.isEmpty()) {
      return List.of();
    }
    List<String> steps = new ArrayList<>();
    String[] parts = path.split("/", -1);
    for (int i = path.charAt(0) == '/' ? 1 : 0; i < parts.length; i++) {
      steps.add(parts[i].replace("~1", "/").replace("~0", "~"));
    }
    return List.copyOf(steps);
  }

  @Override
  public List<String> strictErrors() {
    return strictErrors;
  }

  @Override
  public ObjectNode apply(ObjectNode original, Schema schema) {
    return apply(original);
  }

  /** What the operations make of an object, whatever its kind; the object stays as it is. */
  public ObjectNode apply(ObjectNode original) {
    JsonNode document = original.deepCopy();
    for (Operation operation : operations) {
      document = apply(document, operation);
    }
    if (document instanceof ObjectNode object) {
      return object;
    }
    throw Patch.rejected();
  }

  private static JsonNode apply(JsonNode document, Operation operation) {
    List<String> path = operation.path();
    return switch (operation.op()) {
      case "add" -> add(document, path, present(operation.value()).deepCopy());
      case "remove" -> {
        remove(document, path);
        yield document;
      }
      case "replace" -> {
        if (path.isEmpty()) {
          yield present(operation.value()).deepCopy();
        }
        replace(document, path, present(operation.value()).deepCopy());
        yield document;
      }
      case "move" -> {
        JsonNode moved = remove(document, from(operation));
        yield add(document, path, moved);
      }
      case "copy" -> add(document, path, require(document, from(operation)).deepCopy());
      case "test" -> {
        if (!matches(find(document, path), operation.value())) {
          throw Patch.rejected();
        }
        yield document;
      }
      default -> throw Patch.rejected();
    };
  }

  private static List<String> from(Operation operation) {
    if (operation.from() == null) {
      throw Patch.rejected();
    }
    return operation.from();
  }

  private static JsonNode present(JsonNode value) {
    return value.isMissingNode() ? Json.object().nullNode() : value;
  }

  private static JsonNode find(JsonNode document, List<String> path) {
    JsonNode node = document;
    for (String step : path) {
      node = child(node, step);
    }
    return node;
  }

  private static JsonNode child(JsonNode parent, String step) {
    if (parent instanceof ArrayNode array) {
      int index = index(step, array.size() - 1);
      return index < 0 ? MissingNode.getInstance() : array.get(index);
    }
    return parent.path(step);
  }

  private static JsonNode require(JsonNode document, List<String> path) {
    JsonNode found = find(document, path);
    if (found.isMissingNode()) {
      throw Patch.rejected();
    }
    return found;
  }

  private static JsonNode parent(JsonNode document, List<String> path) {
    if (path.isEmpty()) {
      throw Patch.rejected();
    }
    return require(document, path.subList(0, path.size() - 1));
  }

  private static JsonNode add(JsonNode document, List<String> path, JsonNode value) {
    if (path.isEmpty()) {
      return value;
    }
    String last = path.getLast();
    switch (parent(document, path)) {
      case ObjectNode object -> object.set(last, value);
      case ArrayNode array -> {
        int index = last.equals("-") ? array.size() : index(last, array.size());
        if (index < 0) {
          throw Patch.rejected();
        }
        array.insert(index, value);
      }
      default -> throw Patch.rejected();
    }
    return document;
  }

  private static JsonNode remove(JsonNode document, List<String> path) {
    String last = path.isEmpty() ? "" : path.getLast();
    JsonNode removed =
        switch (parent(document, path)) {
          case ObjectNode object -> object.remove(last);
          case ArrayNode array -> {
            int index = index(last, array.size() - 1);
            yield index < 0 ? null : array.remove(index);
          }
          default -> null;
        };
    if (removed == null) {
      throw Patch.rejected();
    }
    return removed;
  }

  /** A member that an object lacks is added, as kube-apiserver does; client-java cordons so. */
  private static void replace(JsonNode document, List<String> path, JsonNode value) {
    if (path.isEmpty()) {
      throw Patch.rejected();
    }
    String last = path.getLast();
    switch (parent(document, path)) {
      case ObjectNode object -> object.set(last, value);
      case ArrayNode array -> {
        require(document, path);
        array.set(index(last, array.size() - 1), value);
      }
      default -> throw Patch.rejected();
    }
  }

  /** The index that a step names, counted from the end when it is negative; -1 for none. */
  private static int index(String step, int largest) {
    try {
      int index = Integer.parseInt(step);
      int size = largest + 1;
      if (index < 0) {
        index += size;
      }
      return index >= 0 && index <= largest ? index : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static boolean matches(JsonNode found, JsonNode wanted) {
    boolean none = found.isMissingNode() || found.isNull();
    boolean noneWanted = wanted.isMissingNode() || wanted.isNull();
    return none || noneWanted ? none == noneWanted : found.equals(JsonPatch::compare, wanted);
  }

  /** Numbers are equal when their values are. */
  private static int compare(JsonNode left, JsonNode right) {
    if (left.isNumber() && right.isNumber()) {
      BigDecimal value = left.decimalValue();
      return value.compareTo(right.decimalValue());
    }
    return left.equals(right) ? 0 : 1;
  }
}
