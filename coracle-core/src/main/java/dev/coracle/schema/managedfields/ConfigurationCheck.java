package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether an applied configuration is one of its kind: in the words of a kube-apiserver. */
final class ConfigurationCheck {

  private final List<String> problems = new ArrayList<>();

  private ConfigurationCheck() {}

  static void check(ObjectNode config, Schema schema) {
    ConfigurationCheck check = new ConfigurationCheck();
    check.value("", config, schema);
    if (check.problems.isEmpty()) {
      return;
    }
    JsonNode metadata = config.path("metadata");
    GroupVersionKind kind =
        GroupVersionKind.of(config.path("apiVersion").asText(), config.path("kind").asText());
    String problems =
        check.problems.size() == 1
            ? check.problems.getFirst()
            : "errors:\n  " + String.join("\n  ", check.problems);
    String message =
        "failed to create typed patch object ("
            + metadata.path("namespace").asText()
            + "/"
            + metadata.path("name").asText()
            + "; "
            + kind.group()
            + "/"
            + kind.version()
            + ", Kind="
            + kind.kind()
            + "): "
            + problems;
    throw new StatusException(new Status(500, "", message, null));
  }

  private void value(String path, JsonNode value, @Nullable Schema schema) {
    if (schema == null || value.isNull() || isFree(schema)) {
      return;
    }
    switch (schema.type()) {
      case OBJECT -> {
        if (!value.isObject()) {
          mistyped(path, "map", value);
          return;
        }
        object(path, (ObjectNode) value, schema);
      }
      case ARRAY -> {
        if (!value.isArray()) {
          mistyped(path, "list", value);
          return;
        }
        list(path, value, schema);
      }
      case STRING -> {
        if (!value.isTextual()) {
          mistyped(path, "string", value);
        }
      }
      case INTEGER, NUMBER -> {
        if (!value.isNumber()) {
          mistyped(path, "numeric (int or float)", value);
        }
      }
      case BOOLEAN -> {
        if (!value.isBoolean()) {
          mistyped(path, "boolean", value);
        }
      }
      case ANY -> {}
    }
  }

  private static boolean isFree(Schema schema) {
    return schema.isIntOrString()
        || schema.type() == Schema.Type.ANY
        || (schema.preservesUnknownFields() && schema.properties().isEmpty());
  }

  private void object(String path, ObjectNode object, Schema schema) {
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      Schema child = schema.child(name);
      if (child != null) {
        value(path + "." + name, field.getValue(), child);
      } else if (!schema.preservesUnknownFields()) {
        problems.add(path + "." + name + ": field not declared in schema");
      }
    }
  }

  private void list(String path, JsonNode list, Schema schema) {
    Set<String> seen = new HashSet<>();
    int index = 0;
    for (JsonNode element : list) {
      String place = path + "[" + index++ + "]";
      if (schema.listType() != Schema.ListType.ATOMIC) {
        String step = FieldShape.step(schema, element);
        if (step == null) {
          problems.add(
              path
                  + ": element "
                  + (index - 1)
                  + ": associative list with keys has an element that omits key field \""
                  + String.join("\", \"", schema.listMapKeys())
                  + "\" (and doesn't have default value)");
        } else if (!seen.add(step)) {
          problems.add(
              path
                  + ": duplicate entries for key "
                  + FieldSet.fromJson(Steps.of(step)).paths().getFirst());
        }
      }
      value(place, element, schema.items());
    }
  }

  /** A set of one step. */
  private static final class Steps {
    static ObjectNode of(String step) {
      ObjectNode set = dev.coracle.api.Json.object();
      set.putObject(step);
      return set;
    }

    private Steps() {}
  }

  private void mistyped(String path, String wanted, JsonNode value) {
    String found =
        switch (value.getNodeType()) {
          case OBJECT, POJO -> "map";
          case ARRAY -> "list";
          case STRING, BINARY -> "string";
          case NUMBER -> "numeric";
          case BOOLEAN -> "boolean";
          case NULL, MISSING -> "null";
        };
    problems.add(path + ": expected " + wanted + ", got " + found);
  }
}
