package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;
import dev.coracle.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Merges a configuration into an object as server-side apply does, without asking who owns what:
 * what a mutating policy's apply configuration does.
 */
public final class Applying {

  private Applying() {}

  /**
   * @return a tree of its own
   * @throws IllegalArgumentException when the configuration is none of the kind, or would replace
   *     something that is one whole, with Kubernetes' words
   */
  public static ObjectNode merge(ObjectNode live, ObjectNode configuration, Schema schema) {
    try {
      ConfigurationCheck.check(configuration, schema);
    } catch (StatusException e) {
      throw new IllegalArgumentException(
          "failed to convert patch object to typed object: " + e.status().message(), e);
    }
    List<String> whole = new ArrayList<>();
    atomics("", configuration, schema, whole);
    if (!whole.isEmpty()) {
      throw new IllegalArgumentException(
          "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
              + String.join(", ", whole));
    }
    JsonNode merged = FieldSets.merge(live, configuration, schema);
    return merged instanceof ObjectNode object ? object.deepCopy() : live.deepCopy();
  }

  private static void atomics(
      String path, JsonNode value, @Nullable Schema schema, List<String> found) {
    if (schema == null) {
      return;
    }
    if (value.isObject() && schema.type() == Schema.Type.OBJECT) {
      if (schema.isAtomic()) {
        found.add(path);
      }
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        Schema part = schema.property(field.getKey());
        atomics(path + "." + field.getKey(), field.getValue(), part, found);
      }
    } else if (value.isArray() && schema.type() == Schema.Type.ARRAY) {
      if (schema.listType() == Schema.ListType.ATOMIC) {
        found.add(path);
      }
      for (int i = 0; i < value.size(); i++) {
        atomics(path + "[" + i + "]", value.get(i), schema.items(), found);
      }
    }
  }
}
