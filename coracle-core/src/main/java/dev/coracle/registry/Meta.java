package dev.coracle.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reading and writing {@code metadata} in a tree that is being written. */
public final class Meta {

  /** The order in which Kubernetes writes the fields of ObjectMeta. */
  private static final String[] ORDER = {
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields"
  };

  private static final Set<String> KNOWN = Set.of(ORDER);

  private Meta() {}

  /** The object's metadata, made when it has none. */
  public static ObjectNode of(ObjectNode object) {
    return child(object, "metadata");
  }

  /** The object at a field, made when there is none. */
  public static ObjectNode child(ObjectNode parent, String field) {
    return parent.get(field) instanceof ObjectNode there ? there : parent.putObject(field);
  }

  public static String text(JsonNode node, String field) {
    return node.path(field).asText("");
  }

  public static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>(array.size());
    array.forEach(item -> strings.add(item.asText("")));
    return strings;
  }

  public static void setStrings(ObjectNode parent, String field, List<String> values) {
    if (values.isEmpty()) {
      parent.remove(field);
      return;
    }
    ArrayNode array = parent.putArray(field);
    values.forEach(array::add);
  }

  /** Sets the field to the value there was, or removes it when there was none. */
  public static void restore(ObjectNode target, JsonNode source, String field) {
    JsonNode was = source.get(field);
    if (was == null) {
      target.remove(field);
    } else {
      target.set(field, was.deepCopy());
    }
  }

  /** Brings metadata into Kubernetes' order and drops what is null or empty there. */
  public static void canonical(ObjectNode object) {
    ObjectNode metadata = of(object);
    ObjectNode ordered = Json.object();
    for (String field : ORDER) {
      JsonNode value = metadata.get(field);
      if (value != null && !value.isNull() && !isEmpty(field, value)) {
        ordered.set(field, value);
      }
    }
    metadata
        .properties()
        .forEach(
            entry -> {
              if (!KNOWN.contains(entry.getKey()) && !entry.getValue().isNull()) {
                ordered.set(entry.getKey(), entry.getValue());
              }
            });
    object.set("metadata", ordered);
  }

  private static boolean isEmpty(String field, JsonNode value) {
    return value.isContainerNode()
        ? value.isEmpty()
        : value.isTextual() && value.asText().isEmpty()
            || field.equals("generation") && value.asLong() == 0;
  }
}
