package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.apiserver.encoding.Negotiation;
import dev.coracle.apiserver.paths.PathEndpoints;
import dev.coracle.apiserver.paths.Version;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.http.Headers;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import dev.coracle.schema.CustomSchemas;
import dev.coracle.schema.Schema;
import dev.coracle.schema.openapi.ApiResource;
import dev.coracle.schema.openapi.OpenApi;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** {@code /openapi/v2}, {@code /openapi/v3} and what is below, with entity tags. */
public final class OpenApiEndpoint {

  private record Known(long generation, List<ApiResource> resources) {}

  /** How a document is written. */
  private record Form(boolean protobuf, String contentType) {}

  @SuppressWarnings("ArrayRecordComponent")
  private record Converted(String etag, byte[] bytes) {}

  private static final ApiResponse NOT_ACCEPTABLE =
      new ApiResponse.Bytes(406, "", new byte[0], Headers.of("Vary", "Accept"));

  private final Registry registry;
  private final OpenApi documents;
  private final Map<String, SoftReference<Converted>> converted = new ConcurrentHashMap<>();
  private volatile Known known = new Known(Long.MIN_VALUE, List.of());

  public OpenApiEndpoint(Registry registry) {
    this.registry = registry;
    this.documents =
        new OpenApi(Version.GIT_VERSION, this::resources, registry::resourcesGeneration);
  }

  public ApiResponse v2(ApiRequest request, String rest) {
    Form form = form(request, "v2");
    return form == null
        ? NOT_ACCEPTABLE
        : answer(request, documents.v2(), form, "v2", new Headers());
  }

  public ApiResponse v3(ApiRequest request, String rest) {
    if (rest.isEmpty() || rest.equals("/")) {
      return answer(
          request,
          documents.v3Index(),
          new Form(false, "text/plain; charset=utf-8"),
          rest,
          new Headers());
    }
    Form form = form(request, "v3");
    if (form == null) {
      return NOT_ACCEPTABLE;
    }
    String hash = documents.v3Hash(rest);
    OpenApi.Document document = hash == null ? null : documents.v3(rest);
    if (document == null || hash == null) {
      return PathEndpoints.notFound();
    }
    String asked = request.query().first("hash");
    if (asked.isEmpty()) {
      return answer(request, document, form, rest, new Headers());
    }
    if (!asked.equals(hash)) {
      return new ApiResponse.Bytes(
          301, "", new byte[0], Headers.of("Location", "/openapi/v3/" + rest + "?hash=" + hash));
    }
    return answer(request, document, form, rest, Headers.of("Cache-Control", "public, immutable"));
  }

  /** The form that is wanted most; null when there is none of those that are wanted. */
  private static @Nullable Form form(ApiRequest request, String version) {
    String protobuf = "application/com.github.proto-openapi.spec." + version;
    List<String> accepted = Negotiation.accepted(request.headers());
    for (String each : accepted.isEmpty() ? List.of("*/*") : accepted) {
      if (each.equals("application/json") || each.equals("application/*") || each.equals("*/*")) {
        return new Form(false, "application/json");
      }
      if (each.equals(protobuf + ".v1.0+protobuf") || each.equals(protobuf + "@v1.0+protobuf")) {
        return new Form(true, protobuf + ".v1.0+protobuf");
      }
    }
    return null;
  }

  private ApiResponse answer(
      ApiRequest request, OpenApi.Document document, Form form, String key, Headers headers) {
    headers.add("ETag", document.etag()).add("Vary", "Accept");
    if (document.etag().equals(request.headers().first("if-none-match"))) {
      return new ApiResponse.Bytes(304, "", new byte[0], headers);
    }
    return new ApiResponse.Bytes(
        200, form.contentType, form.protobuf ? protobuf(document, key) : document.json(), headers);
  }

  /** Made when it is asked for, and kept while memory lasts and the document is the same. */
  private byte[] protobuf(OpenApi.Document document, String key) {
    SoftReference<Converted> reference = converted.get(key);
    Converted known = reference == null ? null : reference.get();
    if (known == null || !known.etag.equals(document.etag())) {
      known = new Converted(document.etag(), OpenApiProtobuf.write(document.json()));
      converted.put(key, new SoftReference<>(known));
    }
    return known.bytes;
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
