package dev.coracle.schema.openapi;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes one operation of a path: its name, parameters, body and answers, and the {@code
 * x-kubernetes-} marks that clients and generators go by.
 */
final class OpenApiOperations {

  private static final List<String> MEDIA_TYPES = List.of("application/json", "application/yaml");
  private static final List<String> PATCH_TYPES =
      List.of(
          "application/apply-patch+yaml",
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/strategic-merge-patch+json");

  private final JsonGenerator json;
  private final OpenApiDialect dialect;
  private final Set<String> definitions = new TreeSet<>();

  OpenApiOperations(JsonGenerator json, OpenApiDialect dialect) {
    this.json = json;
    this.dialect = dialect;
  }

  /** The definitions that the operations written so far refer to. */
  Set<String> definitions() {
    return definitions;
  }

  /** Whose path it is, and what goes over it. */
  record Operation(ApiResource owner, ApiResource body, GroupVersionKind kind) {}

  /** One that reads or writes objects. */
  void write(
      Operation operation,
      String method,
      String action,
      String name,
      String part,
      String description)
      throws IOException {
    ApiResource resource = operation.owner();
    String definition = part.equals("log") ? "" : definition(operation);
    json.writeObjectFieldStart(method);
    json.writeStringField("description", description);
    String id =
        name.equals("listForAll")
            ? OperationIds.of(resource, "list", "", part, false) + "ForAllNamespaces"
            : OperationIds.of(resource, name, "", part);
    json.writeStringField("operationId", id);
    tag(resource);
    if (dialect == OpenApiDialect.V2) {
      strings("consumes", action.equals("patch") ? PATCH_TYPES : List.of("*/*"));
      strings("produces", MEDIA_TYPES);
      strings("schemes", List.of("https"));
    }
    parameters(action, definition);
    if (dialect == OpenApiDialect.V3) {
      body(action, definition);
    }
    responses(action, resource, definition);
    marks(action, operation.kind());
    json.writeEndObject();
  }

  private String definition(Operation operation) {
    if (operation.body().customSchema() != null) {
      return operation.body().definition();
    }
    Schema schema = Schemas.builtIn().find(operation.kind());
    return schema == null ? "" : schema.definition();
  }

  private void parameters(String action, String definition) throws IOException {
    json.writeArrayFieldStart("parameters");
    switch (action) {
      case "list" -> queries(OpenApiParameter.LIST);
      case "post", "put" -> queries(OpenApiParameter.WRITE);
      case "patch" -> {
        queries(OpenApiParameter.WRITE);
        query(OpenApiParameter.FORCE);
      }
      case "delete" -> queries(OpenApiParameter.DELETE);
      case "deletecollection" -> {
        for (OpenApiParameter parameter : OpenApiParameter.LIST) {
          if (!parameter.name().equals("watch")
              && !parameter.name().equals("allowWatchBookmarks")) {
            query(parameter);
          }
        }
        queries(OpenApiParameter.DELETE);
      }
      default -> {}
    }
    String body = bodyDefinition(action, definition);
    if (dialect == OpenApiDialect.V2 && !body.isEmpty()) {
      json.writeStartObject();
      json.writeStringField("in", "body");
      json.writeStringField("name", "body");
      if (!action.startsWith("delete")) {
        json.writeBooleanField("required", true);
      }
      schema(body);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private String bodyDefinition(String action, String definition) {
    return switch (action) {
      case "post", "put" -> definition;
      case "patch" -> OpenApiSchemas.Model.PATCH;
      case "delete", "deletecollection" -> OpenApiSchemas.Model.DELETE_OPTIONS;
      default -> "";
    };
  }

  private void body(String action, String definition) throws IOException {
    String body = bodyDefinition(action, definition);
    if (body.isEmpty()) {
      return;
    }
    json.writeObjectFieldStart("requestBody");
    content(body, action.equals("patch") ? PATCH_TYPES : List.of("*/*"));
    if (!action.startsWith("delete")) {
      json.writeBooleanField("required", true);
    }
    json.writeEndObject();
  }

  private void responses(String action, ApiResource resource, String definition)
      throws IOException {
    String answer =
        switch (action) {
          case "list" -> resource.listDefinition();
          case "delete" ->
              Set.of("Pod", "Service", "ServiceAccount", "PersistentVolumeClaim")
                      .contains(resource.kind())
                  ? definition
                  : OpenApiSchemas.Model.STATUS;
          case "deletecollection" -> OpenApiSchemas.Model.STATUS;
          default -> definition;
        };
    json.writeObjectFieldStart("responses");
    response("200", "OK", answer, MEDIA_TYPES);
    if (action.equals("post") || action.equals("put") || action.equals("patch")) {
      response("201", "Created", answer, MEDIA_TYPES);
    }
    if (action.equals("post") || action.equals("delete")) {
      response("202", "Accepted", answer, MEDIA_TYPES);
    }
    unauthorized();
    json.writeEndObject();
  }

  private void unauthorized() throws IOException {
    json.writeObjectFieldStart("401");
    json.writeStringField("description", "Unauthorized");
    json.writeEndObject();
  }

  private void response(String code, String description, String definition, List<String> mediaTypes)
      throws IOException {
    json.writeObjectFieldStart(code);
    json.writeStringField("description", description);
    if (dialect == OpenApiDialect.V3) {
      content(definition, mediaTypes);
    } else {
      schema(definition);
    }
    json.writeEndObject();
  }

  private void content(String definition, List<String> mediaTypes) throws IOException {
    json.writeObjectFieldStart("content");
    for (String mediaType : mediaTypes) {
      json.writeObjectFieldStart(mediaType);
      schema(definition);
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private void schema(String definition) throws IOException {
    json.writeObjectFieldStart("schema");
    if (definition.isEmpty()) {
      json.writeStringField("type", "string");
    } else {
      definitions.add(definition);
      json.writeStringField("$ref", dialect.reference(definition));
    }
    json.writeEndObject();
  }

  private void marks(String action, GroupVersionKind kind) throws IOException {
    json.writeStringField("x-kubernetes-action", action);
    json.writeObjectFieldStart("x-kubernetes-group-version-kind");
    json.writeStringField("group", kind.group());
    json.writeStringField("kind", kind.kind());
    json.writeStringField("version", kind.version());
    json.writeEndObject();
  }

  private void queries(List<OpenApiParameter> parameters) throws IOException {
    for (OpenApiParameter parameter : parameters) {
      query(parameter);
    }
  }

  /** What every operation takes. */
  void prettyQuery() throws IOException {
    query(OpenApiParameter.PRETTY);
  }

  private void query(OpenApiParameter parameter) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", parameter.name());
    json.writeStringField("in", "query");
    json.writeStringField("description", parameter.description());
    typed(parameter.type());
    json.writeEndObject();
  }

  void pathParameter(String name, String description) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("in", "path");
    json.writeStringField("description", description);
    json.writeBooleanField("required", true);
    typed("string");
    json.writeEndObject();
  }

  private void typed(String type) throws IOException {
    if (dialect == OpenApiDialect.V3) {
      json.writeObjectFieldStart("schema");
      json.writeStringField("type", type);
      json.writeBooleanField("uniqueItems", true);
      json.writeEndObject();
    } else {
      json.writeStringField("type", type);
      json.writeBooleanField("uniqueItems", true);
    }
  }

  private void tag(ApiResource resource) throws IOException {
    strings("tags", List.of(OperationIds.tag(resource)));
  }

  private void strings(String field, List<String> values) throws IOException {
    json.writeArrayFieldStart(field);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  /** One that connects to what is behind an object. */
  void connect(
      ApiResource resource, ApiResource.Subresource subresource, String method, boolean withPath)
      throws IOException {
    json.writeObjectFieldStart(method);
    json.writeStringField(
        "description",
        "connect "
            + method.toUpperCase(Locale.ROOT)
            + " requests to "
            + subresource.name()
            + " of "
            + resource.kind());
    json.writeStringField(
        "operationId",
        OperationIds.of(resource, "connect", OperationIds.capital(method), subresource.name())
            + (withPath ? "WithPath" : ""));
    tag(resource);
    json.writeObjectFieldStart("responses");
    response("200", "OK", "", List.of("*/*"));
    unauthorized();
    json.writeEndObject();
    if (dialect == OpenApiDialect.V2) {
      strings("produces", List.of("*/*"));
    }
    marks("connect", subresource.kind());
    json.writeEndObject();
  }
}
