package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.ResourceType;
import java.util.List;

/** Objects as {@code meta.k8s.io/v1 Table}: what {@code kubectl get} prints. */
public interface TableView {

  /** What a row carries besides its cells, by the {@code includeObject} parameter. */
  enum Include {
    NONE,
    METADATA,
    OBJECT;

    static Include of(String parameter) {
      return switch (parameter) {
        case "None" -> NONE;
        case "Object" -> OBJECT;
        default -> METADATA;
      };
    }
  }

  /** The columns' definitions. */
  ArrayNode columns(ResourceType type);

  /** One row's cells. */
  ArrayNode cells(ResourceType type, KubeObject object);

  /** One row's conditions; usually none. */
  default ArrayNode conditions(KubeObject object) {
    return Json.array();
  }

  /**
   * A whole table.
   *
   * @param withColumns false for all events of a watch but the first
   */
  default ObjectNode table(
      ResourceType type,
      List<KubeObject> objects,
      ObjectNode metadata,
      Include include,
      boolean withColumns) {
    ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
    table.set("metadata", metadata);
    if (withColumns) {
      table.set("columnDefinitions", columns(type));
    } else {
      table.putNull("columnDefinitions");
    }
    ArrayNode rows = table.putArray("rows");
    for (KubeObject object : objects) {
      ObjectNode row = rows.addObject();
      row.set("cells", cells(type, object));
      ArrayNode conditions = conditions(object);
      if (!conditions.isEmpty()) {
        row.set("conditions", conditions);
      }
      switch (include) {
        case NONE -> row.putNull("object");
        case METADATA ->
            row.putRawValue(
                "object",
                new com.fasterxml.jackson.databind.util.RawValue(
                    new String(
                        ObjectBytes.partial(object), java.nio.charset.StandardCharsets.UTF_8)));
        case OBJECT -> row.set("object", object.tree());
      }
    }
    return table;
  }
}
