package dev.coracle.schema;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.coracle.api.GroupVersionKind;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes the paths of an OpenAPI document: for each resource its collection, its objects and its
 * subresources, with the operation names, tags and {@code x-kubernetes-} marks that clients and
 * generators go by.
 */
final class OpenApiPaths {

  private static final List<String> MEDIA_TYPES = List.of("application/json", "application/yaml");
  private static final List<String> PATCH_TYPES =
      List.of(
          "application/apply-patch+yaml",
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/strategic-merge-patch+json");
  private static final Set<String> CONNECTED = Set.of("attach", "exec", "portforward", "proxy");

  /** A query parameter. */
  private record Parameter(String name, String type, String description) {}

  private static final List<Parameter> LIST =
      List.of(
          new Parameter(
              "allowWatchBookmarks", "boolean", "Whether a watch may be sent BOOKMARK events."),
          new Parameter(
              "continue", "string", "Where to go on: the token that came with a limited list."),
          new Parameter(
              "fieldSelector", "string", "Select objects by their fields; everything by default."),
          new Parameter(
              "labelSelector", "string", "Select objects by their labels; everything by default."),
          new Parameter("limit", "integer", "The most objects that one answer may hold."),
          new Parameter(
              "resourceVersion", "string", "How new the answer must be; see the API concepts."),
          new Parameter(
              "resourceVersionMatch", "string", "How resourceVersion is meant in a list."),
          new Parameter(
              "sendInitialEvents", "boolean", "Whether a watch starts with what is there."),
          new Parameter("timeoutSeconds", "integer", "How long a list or watch may last."),
          new Parameter("watch", "boolean", "Send changes as they happen instead of a list."));
  private static final Parameter DRY_RUN =
      new Parameter("dryRun", "string", "All: do everything but store the result.");
  private static final List<Parameter> WRITE =
      List.of(
          DRY_RUN,
          new Parameter("fieldManager", "string", "The name of who makes this change."),
          new Parameter(
              "fieldValidation",
              "string",
              "What to do about unknown and duplicate fields: Ignore, Warn or Strict."));
  private static final Parameter FORCE =
      new Parameter("force", "boolean", "Apply even what others own (apply patches only).");
  private static final List<Parameter> DELETE =
      List.of(
          DRY_RUN,
          new Parameter(
              "gracePeriodSeconds", "integer", "How long the object may take to end; 0 is now."),
          new Parameter(
              "propagationPolicy",
              "string",
              "What happens to dependents: Orphan, Background or Foreground."));
  private static final Parameter PRETTY =
      new Parameter("pretty", "string", "If 'true', the output is indented.");

  private final JsonGenerator json;
  private final OpenApiDialect dialect;
  private final Set<String> definitions = new TreeSet<>();

  OpenApiPaths(JsonGenerator json, OpenApiDialect dialect) {
    this.json = json;
    this.dialect = dialect;
  }

  /** The definitions that the paths written so far refer to. */
  Set<String> definitions() {
    return definitions;
  }

  void write(Collection<ApiResource> resources) throws IOException {
    for (ApiResource resource : resources) {
      resource(resource);
    }
  }

  private void resource(ApiResource resource) throws IOException {
    String root = "/" + resource.root() + "/";
    String scope = resource.namespaced() ? "namespaces/{namespace}/" : "";
    String collection = root + scope + resource.plural();
    Set<String> verbs = resource.verbs();
    String kind = resource.kind();
    if (verbs.contains("list") || verbs.contains("create")) {
      start(collection);
      if (verbs.contains("list")) {
        operation(resource, "get", "list", "list", "", "list or watch objects of kind " + kind);
      }
      if (verbs.contains("create")) {
        operation(resource, "post", "post", "create", "", "create a " + kind);
      }
      if (verbs.contains("deletecollection")) {
        operation(
            resource,
            "delete",
            "deletecollection",
            "deleteCollection",
            "",
            "delete collection of " + kind);
      }
      end(resource.namespaced(), false, false);
    }
    if (resource.namespaced() && verbs.contains("list")) {
      start(root + resource.plural());
      operation(resource, "get", "list", "listForAll", "", "list or watch objects of kind " + kind);
      end(false, false, false);
    }
    if (verbs.contains("get") || verbs.contains("delete")) {
      start(collection + "/{name}");
      object(resource, verbs, "", "the specified " + kind);
      if (verbs.contains("delete")) {
        operation(resource, "delete", "delete", "delete", "", "delete a " + kind);
      }
      end(resource.namespaced(), true, false);
    }
    for (ApiResource.Subresource subresource : resource.subresources()) {
      subresource(resource, collection, subresource);
    }
  }

  private void object(ApiResource resource, Set<String> verbs, String part, String what)
      throws IOException {
    if (verbs.contains("get")) {
      operation(resource, "get", "get", "read", part, "read " + what);
    }
    if (verbs.contains("update")) {
      operation(resource, "put", "put", "replace", part, "replace " + what);
    }
    if (verbs.contains("patch")) {
      operation(resource, "patch", "patch", "patch", part, "partially update " + what);
    }
  }

  private void subresource(
      ApiResource resource, String collection, ApiResource.Subresource subresource)
      throws IOException {
    String name = subresource.name();
    String path = collection + "/{name}/" + name;
    String what = name + " of the specified " + resource.kind();
    if (CONNECTED.contains(name)) {
      start(path);
      connected(resource, subresource);
      end(resource.namespaced(), true, false);
      if (name.equals("proxy")) {
        start(path + "/{path}");
        connected(resource, subresource);
        end(resource.namespaced(), true, true);
      }
      return;
    }
    ApiResource part =
        new ApiResource(
            resource.group(),
            resource.version(),
            subresource.kind().kind(),
            resource.plural(),
            resource.namespaced(),
            subresource.verbs(),
            List.of(),
            isWhole(resource, subresource) ? resource.customSchema() : null);
    start(path);
    Operation template = new Operation(resource, part, subresource.kind());
    subresourceOperations(template, name, subresource.verbs(), what);
    end(resource.namespaced(), true, false);
  }

  private static boolean isWhole(ApiResource resource, ApiResource.Subresource subresource) {
    return subresource.kind().equals(resource.gvk());
  }

  /** Whose path it is, and what goes over it. */
  private record Operation(ApiResource owner, ApiResource body, GroupVersionKind kind) {}

  private void subresourceOperations(
      Operation template, String name, Set<String> verbs, String what) throws IOException {
    if (verbs.contains("get")) {
      operation(template, "get", "get", "read", name, "read " + what);
    }
    if (verbs.contains("update")) {
      operation(template, "put", "put", "replace", name, "replace " + what);
    }
    if (verbs.contains("patch")) {
      operation(template, "patch", "patch", "patch", name, "partially update " + what);
    }
    if (verbs.contains("create")) {
      operation(template, "post", "post", "create", name, "create " + what);
    }
  }

  private void connected(ApiResource resource, ApiResource.Subresource subresource)
      throws IOException {
    for (String verb : new TreeSet<>(subresource.verbs())) {
      String method =
          switch (verb) {
            case "get" -> "get";
            case "create" -> "post";
            case "update" -> "put";
            case "patch" -> "patch";
            case "delete" -> "delete";
            default -> "";
          };
      if (method.isEmpty()) {
        continue;
      }
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
          operationId(resource, "connect", capital(method), subresource.name())
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

  private boolean withPath;

  private void start(String path) throws IOException {
    withPath = path.endsWith("/{path}");
    json.writeObjectFieldStart(path);
  }

  /** The parameters that all operations of a path have. */
  private void end(boolean namespaced, boolean named, boolean path) throws IOException {
    json.writeArrayFieldStart("parameters");
    if (named) {
      pathParameter("name", "The name of the object.");
    }
    if (namespaced) {
      pathParameter("namespace", "The namespace of the object.");
    }
    if (path) {
      pathParameter("path", "The path behind the proxy.");
    }
    query(PRETTY);
    json.writeEndArray();
    json.writeEndObject();
  }

  private void operation(
      ApiResource resource,
      String method,
      String action,
      String name,
      String part,
      String description)
      throws IOException {
    operation(
        new Operation(resource, resource, resource.gvk()), method, action, name, part, description);
  }

  private void operation(
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
            ? operationId(resource, "list", "", part, false) + "ForAllNamespaces"
            : operationId(resource, name, "", part);
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
      case "list" -> queries(LIST);
      case "post", "put" -> queries(WRITE);
      case "patch" -> {
        queries(WRITE);
        query(FORCE);
      }
      case "delete" -> queries(DELETE);
      case "deletecollection" -> {
        for (Parameter parameter : LIST) {
          if (!parameter.name().equals("watch")
              && !parameter.name().equals("allowWatchBookmarks")) {
            query(parameter);
          }
        }
        queries(DELETE);
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

  private void queries(List<Parameter> parameters) throws IOException {
    for (Parameter parameter : parameters) {
      query(parameter);
    }
  }

  private void query(Parameter parameter) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", parameter.name());
    json.writeStringField("in", "query");
    json.writeStringField("description", parameter.description());
    typed(parameter.type());
    json.writeEndObject();
  }

  private void pathParameter(String name, String description) throws IOException {
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
    strings("tags", List.of(lower(groupName(resource)) + "_" + resource.version()));
  }

  private void strings(String field, List<String> values) throws IOException {
    json.writeArrayFieldStart(field);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  private static String operationId(ApiResource resource, String verb, String method, String part) {
    return operationId(resource, verb, method, part, resource.namespaced());
  }

  /** Such as {@code readCoreV1NamespacedPodStatus}: what generated clients call their methods. */
  private static String operationId(
      ApiResource resource, String verb, String method, String part, boolean namespaced) {
    StringBuilder id = new StringBuilder();
    boolean collection = verb.equals("deleteCollection");
    id.append(collection ? "delete" : verb)
        .append(groupName(resource))
        .append(capital(resource.version()))
        .append(method)
        .append(collection ? "Collection" : "")
        .append(namespaced ? "Namespaced" : "")
        .append(resource.kind());
    return id.append(capital(part)).toString();
  }

  private static String groupName(ApiResource resource) {
    if (resource.group().isEmpty()) {
      return "Core";
    }
    StringBuilder name = new StringBuilder();
    String group = resource.group();
    String plain = group.endsWith(".k8s.io") ? group.substring(0, group.length() - 7) : group;
    for (String part : plain.split("[.-]")) {
      name.append(capital(part));
    }
    return name.toString();
  }

  private static String capital(String word) {
    return word.isEmpty() ? "" : Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  private static String lower(String word) {
    return Character.toLowerCase(word.charAt(0)) + word.substring(1);
  }
}
