package dev.coracle.schema.openapi;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Writes the definitions of an OpenAPI document, straight into it. */
final class OpenApiSchemas {

  private static final String KIND = "x-kubernetes-group-version-kind";
  private static final Set<String> OBJECT_FIELDS = Set.of("apiVersion", "kind", "metadata");

  private final JsonGenerator json;
  private final OpenApiDialect dialect;
  private final Collection<ApiResource> resources;

  OpenApiSchemas(JsonGenerator json, OpenApiDialect dialect, Collection<ApiResource> resources) {
    this.json = json;
    this.dialect = dialect;
    this.resources = resources;
  }

  /** Writes the definitions with these names, and everything that they refer to, sorted. */
  void write(Collection<String> names) throws IOException {
    Map<String, ApiResource> custom = new TreeMap<>();
    for (ApiResource resource : resources) {
      if (resource.customSchema() != null) {
        custom.put(resource.definition(), resource);
        custom.put(resource.listDefinition(), resource);
      }
    }
    for (String name : reachable(names, custom)) {
      json.writeFieldName(name);
      ApiResource resource = custom.get(name);
      if (resource == null) {
        definition(Schemas.builtIn().required(name), name);
      } else if (name.equals(resource.listDefinition())) {
        customList(resource);
      } else {
        customObject(resource);
      }
    }
  }

  private static Set<String> reachable(Collection<String> names, Map<String, ApiResource> custom) {
    Set<String> reached = new TreeSet<>();
    Deque<String> open = new ArrayDeque<>(names);
    while (!open.isEmpty()) {
      String name = open.remove();
      if (!reached.add(name)) {
        continue;
      }
      ApiResource resource = custom.get(name);
      if (resource != null) {
        boolean list = name.equals(resource.listDefinition());
        open.add(list ? Model.LIST_META : Schemas.OBJECT_META);
        open.add(list ? resource.definition() : Schemas.OBJECT_META);
        continue;
      }
      for (Schema property : Schemas.builtIn().required(name).properties().values()) {
        Schema element = property;
        while (!element.isReference() && inner(element) instanceof Schema inner) {
          element = inner;
        }
        if (element.isReference()) {
          open.add(element.reference());
        }
      }
    }
    return reached;
  }

  private static @Nullable Schema inner(Schema schema) {
    Schema items = schema.items();
    return items == null ? schema.additionalProperties() : items;
  }

  /** Names of definitions that every document has. */
  static final class Model {
    static final String LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
    static final String STATUS = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
    static final String DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
    static final String PATCH = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

    private Model() {}
  }

  private void definition(Schema schema, String name) throws IOException {
    json.writeStartObject();
    text("description", schema.description());
    ObjectNode whole = schema.openApi();
    if (whole != null) {
      special(whole);
    } else {
      if (!schema.properties().isEmpty()) {
        json.writeObjectFieldStart("properties");
        for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
          json.writeFieldName(property.getKey());
          property(property.getValue(), described(property.getKey(), property.getValue()));
        }
        json.writeEndObject();
      }
      strings("required", schema.required());
      json.writeStringField("type", "object");
    }
    if (schema.isAtomic()) {
      json.writeStringField("x-kubernetes-map-type", "atomic");
    }
    JsonNode unions = schema.unions();
    if (unions != null) {
      json.writeFieldName("x-kubernetes-unions");
      tree(unions);
    }
    kinds(name);
    json.writeEndObject();
  }

  private void kinds(String name) throws IOException {
    GroupVersionKind kind = Schemas.builtIn().kind(name);
    if (kind != null) {
      kinds(List.of(kind));
    } else if (name.equals(Model.DELETE_OPTIONS)) {
      Set<String> seen = new TreeSet<>();
      json.writeArrayFieldStart(KIND);
      for (ApiResource resource : resources) {
        if (seen.add(resource.root())) {
          kind(new GroupVersionKind(resource.group(), resource.version(), "DeleteOptions"));
        }
      }
      json.writeEndArray();
    }
  }

  private void kinds(List<GroupVersionKind> kinds) throws IOException {
    json.writeArrayFieldStart(KIND);
    for (GroupVersionKind kind : kinds) {
      kind(kind);
    }
    json.writeEndArray();
  }

  void kind(GroupVersionKind kind) throws IOException {
    json.writeStartObject();
    json.writeStringField("group", kind.group());
    json.writeStringField("kind", kind.kind());
    json.writeStringField("version", kind.version());
    json.writeEndObject();
  }

  /** The types that are not objects with fields. */
  private void special(ObjectNode whole) throws IOException {
    for (Map.Entry<String, JsonNode> field : whole.properties()) {
      if (dialect == OpenApiDialect.V2 && field.getKey().equals("oneOf")) {
        json.writeStringField("type", "string");
      } else {
        json.writeFieldName(field.getKey());
        tree(field.getValue());
      }
    }
  }

  /** Clients look for these first words, such as Kubernetes' conformance tests of definitions. */
  private static final String OBJECT_METADATA =
      "Standard object's metadata: the name, namespace, labels, annotations and the like.";

  private static final String LIST_METADATA =
      "Standard list metadata: the revision, and where to continue.";

  /** The field's description; of its type, where nobody wrote one for the field. */
  private static String described(String name, Schema schema) {
    String own = schema.ownDescription();
    if (!own.isEmpty()) {
      return own;
    }
    return switch (name) {
      case "metadata" -> OBJECT_METADATA;
      case "spec" -> "What is wanted. " + schema.description();
      case "status" -> "What was observed last, written by the system. " + schema.description();
      default -> schema.description();
    };
  }

  private void property(Schema schema, String description) throws IOException {
    json.writeStartObject();
    text("description", description.strip());
    JsonNode defaultValue = schema.defaultValue();
    if (defaultValue != null && dialect == OpenApiDialect.V3) {
      json.writeFieldName("default");
      tree(defaultValue);
    }
    type(schema, true);
    if (schema.hasListType()) {
      if (schema.listType() == Schema.ListType.MAP) {
        strings("x-kubernetes-list-map-keys", schema.listMapKeys());
      }
      json.writeStringField(
          "x-kubernetes-list-type",
          switch (schema.listType()) {
            case ATOMIC -> "atomic";
            case SET -> "set";
            case MAP -> "map";
          });
    }
    if (!schema.isReference() && schema.isAtomic()) {
      json.writeStringField("x-kubernetes-map-type", "atomic");
    }
    text("x-kubernetes-patch-merge-key", schema.patchMergeKey());
    text("x-kubernetes-patch-strategy", String.join(",", new TreeSet<>(schema.patchStrategy())));
    json.writeEndObject();
  }

  private void type(Schema schema, boolean siblings) throws IOException {
    if (schema.isReference()) {
      if (dialect == OpenApiDialect.V3 && siblings) {
        json.writeArrayFieldStart("allOf");
        json.writeStartObject();
        json.writeStringField("$ref", dialect.reference(schema.reference()));
        json.writeEndObject();
        json.writeEndArray();
      } else {
        json.writeStringField("$ref", dialect.reference(schema.reference()));
      }
      return;
    }
    Schema items = schema.items();
    if (items != null) {
      json.writeObjectFieldStart("items");
      type(items, false);
      json.writeEndObject();
    }
    Schema values = schema.additionalProperties();
    if (values != null) {
      json.writeObjectFieldStart("additionalProperties");
      type(values, false);
      json.writeEndObject();
    }
    text("format", schema.format());
    if (schema.type() != Schema.Type.ANY) {
      json.writeStringField("type", schema.type().name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  private void customObject(ApiResource resource) throws IOException {
    Schema schema = resource.customSchema();
    ObjectNode source = schema == null ? null : schema.source();
    boolean second = dialect == OpenApiDialect.V2;
    json.writeStartObject();
    if (second && schema != null && schema.preservesUnknownFields()) {
      json.writeStringField("type", "object");
    } else {
      customFields(second && source != null ? CustomOpenApiV2.of(source) : source);
    }
    kinds(List.of(resource.gvk()));
    json.writeEndObject();
  }

  private void customFields(@Nullable ObjectNode source) throws IOException {
    if (source != null) {
      for (Map.Entry<String, JsonNode> field : source.properties()) {
        if (!field.getKey().equals("properties")) {
          json.writeFieldName(field.getKey());
          customTree(field.getValue());
        }
      }
    }
    if (source == null || !source.has("type")) {
      json.writeStringField("type", "object");
    }
    properties(source == null ? Json.object() : source, true);
  }

  /**
   * @param object whether the schema is of an API object, whose own three fields come first
   */
  private void properties(ObjectNode schema, boolean object) throws IOException {
    json.writeObjectFieldStart("properties");
    if (object) {
      objectFields("io.k8s.api.core.v1.ConfigMap", Schemas.OBJECT_META);
    }
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      if (!object || !OBJECT_FIELDS.contains(field.getKey())) {
        json.writeFieldName(field.getKey());
        customTree(field.getValue());
      }
    }
    json.writeEndObject();
  }

  private void customList(ApiResource resource) throws IOException {
    json.writeStartObject();
    text("description", resource.kind() + "List is a list of " + resource.kind());
    strings("required", List.of("items"));
    json.writeStringField("type", "object");
    json.writeObjectFieldStart("properties");
    objectFields("io.k8s.api.core.v1.ConfigMapList", Model.LIST_META);
    json.writeObjectFieldStart("items");
    text("description", "The objects, in no particular order.");
    json.writeStringField("type", "array");
    json.writeObjectFieldStart("items");
    json.writeStringField("$ref", dialect.reference(resource.definition()));
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
    kinds(
        List.of(
            new GroupVersionKind(resource.group(), resource.version(), resource.kind() + "List")));
    json.writeEndObject();
  }

  /** apiVersion, kind and metadata, described as in a built-in kind. */
  private void objectFields(String like, String metadata) throws IOException {
    Map<String, Schema> known = Schemas.builtIn().required(like).properties();
    for (String name : List.of("apiVersion", "kind")) {
      Schema property = known.get(name);
      if (property != null) {
        json.writeFieldName(name);
        property(property, property.description());
      }
    }
    json.writeObjectFieldStart("metadata");
    text("description", metadata.equals(Schemas.OBJECT_META) ? OBJECT_METADATA : LIST_METADATA);
    if (dialect == OpenApiDialect.V3) {
      json.writeArrayFieldStart("allOf");
      json.writeStartObject();
      json.writeStringField("$ref", dialect.reference(metadata));
      json.writeEndObject();
      json.writeEndArray();
    } else {
      json.writeStringField("$ref", dialect.reference(metadata));
    }
    json.writeEndObject();
  }

  /** A part of a CRD's schema; an embedded object has the fields of every object. */
  private void customTree(JsonNode node) throws IOException {
    if (!(node instanceof ObjectNode object)) {
      tree(node);
      return;
    }
    boolean embedded =
        object.path("x-kubernetes-embedded-resource").asBoolean()
            && (dialect == OpenApiDialect.V3 || !CustomOpenApiV2.preserves(object));
    json.writeStartObject();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      boolean fields = field.getKey().equals("properties") && field.getValue().isObject();
      if (fields && !embedded) {
        properties(object, false);
      } else if (!fields && !(embedded && field.getKey().equals("required"))) {
        json.writeFieldName(field.getKey());
        customTree(field.getValue());
      }
    }
    if (embedded) {
      Set<String> required = new LinkedHashSet<>();
      object.path("required").forEach(name -> required.add(name.asText()));
      required.addAll(List.of("kind", "apiVersion"));
      strings("required", required);
      properties(object, true);
    }
    json.writeEndObject();
  }

  private void tree(JsonNode node) throws IOException {
    Json.mapper().writeTree(json, node);
  }

  private void text(String field, String value) throws IOException {
    if (!value.isEmpty()) {
      json.writeStringField(field, value);
    }
  }

  private void strings(String field, Collection<String> values) throws IOException {
    if (!values.isEmpty()) {
      json.writeArrayFieldStart(field);
      for (String value : values) {
        json.writeString(value);
      }
      json.writeEndArray();
    }
  }
}
