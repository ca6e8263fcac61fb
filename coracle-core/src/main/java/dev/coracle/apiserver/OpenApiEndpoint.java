package dev.coracle.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.http.Headers;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import dev.coracle.schema.ApiResource;
import dev.coracle.schema.CustomSchemas;
import dev.coracle.schema.OpenApi;
import dev.coracle.schema.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /openapi/v2}, {@code /openapi/v3} and what is below, with entity tags. */
final class OpenApiEndpoint {

  private record Known(long generation, List<ApiResource> resources) {}

  private final Registry registry;
  private final OpenApi documents;
  private volatile Known known = new Known(Long.MIN_VALUE, List.of());

  OpenApiEndpoint(Registry registry) {
    this.registry = registry;
    this.documents =
        new OpenApi(Version.GIT_VERSION, this::resources, registry::resourcesGeneration);
  }

  ApiResponse v2(ApiRequest request, String rest) {
    requireJson(request);
    return answer(request, documents.v2(), "application/json", new Headers());
  }

  ApiResponse v3(ApiRequest request, String rest) {
    requireJson(request);
    if (rest.isEmpty() || rest.equals("/")) {
      return answer(request, documents.v3Index(), "text/plain; charset=utf-8", new Headers());
    }
    String hash = documents.v3Hash(rest);
    OpenApi.Document document = hash == null ? null : documents.v3(rest);
    if (document == null || hash == null) {
      return PathEndpoints.notFound();
    }
    String asked = request.query().first("hash");
    if (asked.isEmpty()) {
      return answer(request, document, "application/json", new Headers());
    }
    if (!asked.equals(hash)) {
      return new ApiResponse.Bytes(
          301, "", new byte[0], Headers.of("Location", "/openapi/v3/" + rest + "?hash=" + hash));
    }
    return answer(
        request, document, "application/json", Headers.of("Cache-Control", "public, immutable"));
  }

  /** The protobuf forms of these documents are not made; a client that wants only them is told. */
  private static void requireJson(ApiRequest request) {
    List<String> accepted = request.headers().elements("accept");
    boolean json =
        accepted.isEmpty()
            || accepted.stream()
                .map(element -> element.toLowerCase(Locale.ROOT))
                .anyMatch(
                    element ->
                        element.startsWith("application/json")
                            || element.startsWith("*/*")
                            || element.startsWith("application/*")
                            || element.startsWith("text/"));
    if (!json) {
      throw StatusException.notAcceptable(
          "only the following media types are accepted: application/json");
    }
  }

  private static ApiResponse answer(
      ApiRequest request, OpenApi.Document document, String contentType, Headers headers) {
    headers.add("ETag", document.etag()).add("Vary", "Accept");
    if (document.etag().equals(request.headers().first("if-none-match"))) {
      return new ApiResponse.Bytes(304, "", new byte[0], headers);
    }
    return new ApiResponse.Bytes(200, contentType, document.json(), headers);
  }

  private List<ApiResource> resources() {
    Known current = known;
    long generation = registry.resourcesGeneration();
    if (current.generation != generation) {
      Map<String, Schema> custom = customSchemas();
      List<ApiResource> resources = new ArrayList<>();
      registry.resources().forEach(type -> resources.add(resource(type, custom)));
      current = new Known(generation, resources);
      known = current;
    }
    return current.resources;
  }

  private static ApiResource resource(ResourceType type, Map<String, Schema> custom) {
    List<ApiResource.Subresource> subresources =
        type.subresources().values().stream()
            .map(each -> new ApiResource.Subresource(each.name(), each.kind(), each.verbs()))
            .sorted(java.util.Comparator.comparing(ApiResource.Subresource::name))
            .toList();
    return new ApiResource(
        type.group(),
        type.version(),
        type.kind(),
        type.plural(),
        type.namespaced(),
        type.verbs(),
        subresources,
        type.custom() ? custom.get(type.gvr().qualified() + "/" + type.version()) : null);
  }

  /** The schemas of custom resources, by {@code resource.group/version}. */
  private Map<String, Schema> customSchemas() {
    Map<String, Schema> schemas = new HashMap<>();
    boolean any = registry.resources().stream().anyMatch(ResourceType::custom);
    ResourceType definitions =
        any ? registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions") : null;
    if (definitions == null) {
      return schemas;
    }
    for (KubeObject definition : registry.list(definitions, "", ListOptions.ALL).items()) {
      boolean preserved = definition.at("spec", "preserveUnknownFields").asBoolean(false);
      for (JsonNode version : definition.at("spec", "versions")) {
        Schema schema = schema(version, preserved);
        if (schema != null) {
          schemas.put(definition.name() + "/" + version.path("name").asText(), schema);
        }
      }
    }
    return schemas;
  }

  private static @Nullable Schema schema(JsonNode version, boolean preserved) {
    return version.path("schema").path("openAPIV3Schema") instanceof ObjectNode openApi
        ? CustomSchemas.of(openApi.deepCopy(), preserved)
        : null;
  }
}
