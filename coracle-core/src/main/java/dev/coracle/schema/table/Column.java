package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/**
 * A column ({@code metav1.TableColumnDefinition}).
 *
 * @param type an OpenAPI type: string, integer, number, boolean or date
 * @param format {@code name} for the column that names the object, else empty
 * @param priority 0 shown always, more than that only with {@code -o wide}
 * @param description what the cells mean
 */
public record Column(String name, String type, String format, int priority, String description) {

  ObjectNode toJson() {
    return Json.object()
        .put("name", name)
        .put("type", type)
        .put("format", format)
        .put("description", description)
        .put("priority", priority);
  }
}
