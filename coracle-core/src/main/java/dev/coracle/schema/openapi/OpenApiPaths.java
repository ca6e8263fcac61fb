package dev.coracle.schema.openapi;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes the paths of an OpenAPI document: for each resource its collection, its objects and its
 * subresources, and which operations each has.
 */
final class OpenApiPaths {

  private static final Set<String> CONNECTED = Set.of("attach", "exec", "portforward", "proxy");

  private final JsonGenerator json;
  private final OpenApiOperations operations;

  OpenApiPaths(JsonGenerator json, OpenApiDialect dialect) {
    this.json = json;
    this.operations = new OpenApiOperations(json, dialect);
  }

  /** The definitions that the paths written so far refer to. */
  Set<String> definitions() {
    return operations.definitions();
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
    OpenApiOperations.Operation template =
        new OpenApiOperations.Operation(resource, part, subresource.kind());
    subresourceOperations(template, name, subresource.verbs(), what);
    end(resource.namespaced(), true, false);
  }

  private static boolean isWhole(ApiResource resource, ApiResource.Subresource subresource) {
    return subresource.kind().equals(resource.gvk());
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
      operations.connect(resource, subresource, method, withPath);
    }
  }

  private void subresourceOperations(
      OpenApiOperations.Operation template, String name, Set<String> verbs, String what)
      throws IOException {
    if (verbs.contains("get")) {
      operations.write(template, "get", "get", "read", name, "read " + what);
    }
    if (verbs.contains("update")) {
      operations.write(template, "put", "put", "replace", name, "replace " + what);
    }
    if (verbs.contains("patch")) {
      operations.write(template, "patch", "patch", "patch", name, "partially update " + what);
    }
    if (verbs.contains("create")) {
      operations.write(template, "post", "post", "create", name, "create " + what);
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
      operations.pathParameter("name", "The name of the object.");
    }
    if (namespaced) {
      operations.pathParameter("namespace", "The namespace of the object.");
    }
    if (path) {
      operations.pathParameter("path", "The path behind the proxy.");
    }
    operations.prettyQuery();
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
    operations.write(
        new OpenApiOperations.Operation(resource, resource, resource.gvk()),
        method,
        action,
        name,
        part,
        description);
  }
}
