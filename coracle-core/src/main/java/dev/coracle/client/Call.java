package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request to the API, before it has a wire form.
 *
 * @param verb a Kubernetes verb: get, list, watch, create, update, patch, delete, deletecollection
 * @param resource of which version
 * @param namespace empty for cluster-scoped resources and for all namespaces
 * @param name empty when the verb has none
 * @param subresource empty for none
 * @param query further parameters as their query strings, such as {@code labelSelector}
 * @param contentType of the body; the patch's media type for a patch
 * @param body the object, patch or options; the callee's from here on
 */
public record Call(
    String verb,
    GroupVersionResource resource,
    String namespace,
    String name,
    String subresource,
    Map<String, String> query,
    String contentType,
    @Nullable JsonNode body) {

  public Call {
    query = Map.copyOf(query);
  }
}
