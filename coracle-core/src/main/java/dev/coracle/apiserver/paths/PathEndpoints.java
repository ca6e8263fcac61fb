package dev.coracle.apiserver.paths;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.http.Headers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The paths outside resources: each is served by what was registered for it or for the longest
 * registered path above it. {@code /} lists them.
 */
public final class PathEndpoints {

  private record Registered(PathEndpoint endpoint, boolean below) {}

  private final Map<String, Registered> endpoints = new ConcurrentSkipListMap<>();
  private final Supplier<List<String>> listed;

  /**
   * @param listed further paths that {@code /} shows
   */
  public PathEndpoints(Supplier<List<String>> listed) {
    this.listed = listed;
  }

  /** Serves exactly this path (with or without a slash at its end). */
  public PathEndpoints at(String path, PathEndpoint endpoint) {
    endpoints.put(path, new Registered(endpoint, false));
    return this;
  }

  /** Serves this path and everything below it. */
  public PathEndpoints below(String path, PathEndpoint endpoint) {
    endpoints.put(path, new Registered(endpoint, true));
    return this;
  }

  public ApiResponse serve(ApiRequest request) {
    String path = request.info().path();
    if (path.equals("/")) {
      return index();
    }
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    Registered exact = endpoints.get(trimmed);
    if (exact != null) {
      return exact.endpoint.serve(request, path.endsWith("/") ? "/" : "");
    }
    Registered above = above(trimmed);
    if (above == null) {
      return notFound();
    }
    return above.endpoint.serve(request, path.substring(prefixLength(trimmed) + 1));
  }

  /** The registered path that serves a path; the empty string when none does. */
  public String registered(String path) {
    if (path.equals("/")) {
      return path;
    }
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    if (endpoints.containsKey(trimmed)) {
      return trimmed;
    }
    int length = prefixLength(trimmed);
    return length < 0 ? "" : trimmed.substring(0, length);
  }

  public static ApiResponse notFound() {
    return ApiResponse.text(404, "404 page not found\n");
  }

  private @Nullable Registered above(String path) {
    int length = prefixLength(path);
    return length < 0 ? null : endpoints.get(path.substring(0, length));
  }

  /** Where the longest registered path above this one ends; -1 when there is none. */
  private int prefixLength(String path) {
    for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      Registered registered = endpoints.get(path.substring(0, slash));
      if (registered != null && registered.below) {
        return slash;
      }
    }
    return -1;
  }

  private ApiResponse index() {
    TreeMap<String, Boolean> paths = new TreeMap<>();
    endpoints.keySet().forEach(path -> paths.put(path, true));
    listed.get().forEach(path -> paths.put(path, true));
    ObjectNode index = Json.object();
    ArrayNode array = index.putArray("paths");
    paths.keySet().forEach(array::add);
    return new ApiResponse.Document(200, Json.write(index), Negotiated.PRETTY, new Headers());
  }
}
