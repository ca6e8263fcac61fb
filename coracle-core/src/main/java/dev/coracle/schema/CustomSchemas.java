package dev.coracle.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Schemas of custom resources, from the structural schema in a CRD ({@code openAPIV3Schema}; see
 * "Specifying a structural schema" in the Kubernetes documentation).
 */
public final class CustomSchemas {

  private CustomSchemas() {}

  /**
   * The schema of a whole custom resource: apiVersion, kind and metadata are as everywhere, the
   * rest is as the CRD says.
   *
   * @param openApiV3Schema of one version; an object without fields when it has none
   * @param preserveUnknownFields the CRD's old switch of that name
   */
  public static Schema of(ObjectNode openApiV3Schema, boolean preserveUnknownFields) {
    Schema.Builder builder = builder(openApiV3Schema);
    builder.type = Schema.Type.OBJECT;
    builder.preserveUnknownFields |= preserveUnknownFields;
    builder.properties = withObjectFields(builder.properties);
    return builder.build();
  }

  private static Map<String, Schema> withObjectFields(Map<String, Schema> properties) {
    Map<String, Schema> all = new LinkedHashMap<>(properties);
    Schema.Builder text = new Schema.Builder();
    text.type = Schema.Type.STRING;
    text.custom = true;
    Schema string = text.build();
    all.put("apiVersion", string);
    all.put("kind", string);
    all.put("metadata", Schemas.builtIn().required(Schemas.OBJECT_META));
    return Collections.unmodifiableMap(all);
  }

  private static Schema schema(JsonNode source) {
    Schema.Builder builder = builder(source instanceof ObjectNode object ? object : Json.object());
    if (builder.embeddedResource) {
      builder.properties = withObjectFields(builder.properties);
    }
    return builder.build();
  }

  private static Schema.Builder builder(ObjectNode source) {
    Schema.Builder builder = new Schema.Builder();
    builder.custom = true;
    builder.source = source;
    builder.type =
        switch (source.path("type").asText()) {
          case "object" -> Schema.Type.OBJECT;
          case "array" -> Schema.Type.ARRAY;
          case "string" -> Schema.Type.STRING;
          case "integer" -> Schema.Type.INTEGER;
          case "number" -> Schema.Type.NUMBER;
          case "boolean" -> Schema.Type.BOOLEAN;
          default -> Schema.Type.ANY;
        };
    builder.format = source.path("format").asText();
    builder.nullable = source.path("nullable").asBoolean();
    builder.intOrString = source.path("x-kubernetes-int-or-string").asBoolean();
    builder.preserveUnknownFields = source.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    builder.embeddedResource = source.path("x-kubernetes-embedded-resource").asBoolean();
    builder.atomic = source.path("x-kubernetes-map-type").asText().equals("atomic");
    builder.defaultValue = source.get("default");
    String description = source.path("description").asText();
    builder.description = () -> description;
    listType(builder, source);
    children(builder, source);
    return builder;
  }

  private static void listType(Schema.Builder builder, ObjectNode source) {
    builder.hasListType = source.has("x-kubernetes-list-type");
    builder.listType =
        switch (source.path("x-kubernetes-list-type").asText()) {
          case "map" -> Schema.ListType.MAP;
          case "set" -> Schema.ListType.SET;
          default -> Schema.ListType.ATOMIC;
        };
    List<String> keys = new ArrayList<>();
    source.path("x-kubernetes-list-map-keys").forEach(key -> keys.add(key.asText()));
    builder.listMapKeys = List.copyOf(keys);
  }

  private static void children(Schema.Builder builder, ObjectNode source) {
    Map<String, Schema> properties = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : source.path("properties").properties()) {
      properties.put(property.getKey(), schema(property.getValue()));
    }
    builder.properties = Collections.unmodifiableMap(properties);
    Set<String> required = new LinkedHashSet<>();
    source.path("required").forEach(name -> required.add(name.asText()));
    builder.required = Collections.unmodifiableSet(required);
    JsonNode items = source.path("items");
    if (items.isObject()) {
      builder.items = schema(items);
    }
    JsonNode additional = source.path("additionalProperties");
    if (additional.isObject()) {
      builder.additionalProperties = schema(additional);
    } else if (additional.asBoolean()) {
      builder.preserveUnknownFields = true;
    }
  }
}
