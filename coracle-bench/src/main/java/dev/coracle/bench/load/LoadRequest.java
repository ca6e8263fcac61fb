package dev.coracle.bench.load;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A request; the body is shared, never changed. */
public record LoadRequest(
    String method, String path, @Nullable String contentType, byte @Nullable [] body) {

  public static LoadRequest get(String path) {
    return new LoadRequest("GET", path, null, null);
  }

  public static LoadRequest delete(String path) {
    return new LoadRequest("DELETE", path, null, null);
  }

  public static LoadRequest post(String path, String json) {
    return json("POST", path, "application/json", json);
  }

  public static LoadRequest put(String path, String json) {
    return json("PUT", path, "application/json", json);
  }

  public static LoadRequest mergePatch(String path, String json) {
    return json("PATCH", path, "application/merge-patch+json", json);
  }

  public static LoadRequest apply(String path, String json) {
    return json("PATCH", path, "application/apply-patch+yaml", json);
  }

  private static LoadRequest json(String method, String path, String type, String json) {
    return new LoadRequest(method, path, type, json.getBytes(StandardCharsets.UTF_8));
  }
}
