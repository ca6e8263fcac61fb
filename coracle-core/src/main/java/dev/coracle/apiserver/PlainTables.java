package dev.coracle.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.ResourceType;

/** The table of a kind without columns of its own, as kube-apiserver's default convertor. */
final class PlainTables implements Tables {

  @Override
  public ArrayNode columns(ResourceType type) {
    ArrayNode columns = Json.array();
    columns
        .addObject()
        .put("name", "Name")
        .put("type", "string")
        .put("format", "name")
        .put("description", "Name must be unique within a namespace.")
        .put("priority", 0);
    columns
        .addObject()
        .put("name", "Created At")
        .put("type", "date")
        .put("format", "")
        .put("description", "The server time when this object was created.")
        .put("priority", 0);
    return columns;
  }

  @Override
  public ArrayNode cells(ResourceType type, KubeObject object) {
    return Json.array().add(object.name()).add(object.creationTimestamp());
  }
}
