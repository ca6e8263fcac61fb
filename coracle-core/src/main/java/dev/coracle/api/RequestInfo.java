package dev.coracle.api;

/**
 * What a request asks for, read from its method, path and query before anything else looks at it
 * (the same fields as Kubernetes' RequestInfo).
 *
 * @param isResourceRequest whether the path names a resource under {@code /api} or {@code /apis}
 * @param path the path without the query, as it was sent
 * @param verb a Kubernetes verb (get, list, watch, create, update, patch, delete, deletecollection,
 *     proxy), or the lower-case HTTP method when this is no resource request
 * @param apiGroup empty for the core group and for non-resource requests
 * @param apiVersion such as {@code v1}; empty for non-resource requests
 * @param namespace empty when the request names none
 * @param resource the plural; empty for non-resource requests
 * @param subresource empty when there is none
 * @param name empty when the request names none
 * @param rest what follows the subresource in the path, without a leading slash: the way inside a
 *     proxied server
 */
public record RequestInfo(
    boolean isResourceRequest,
    String path,
    String verb,
    String apiGroup,
    String apiVersion,
    String namespace,
    String resource,
    String subresource,
    String name,
    String rest) {

  public static RequestInfo nonResource(String path, String verb) {
    return new RequestInfo(false, path, verb, "", "", "", "", "", "", "");
  }

  public GroupVersionResource gvr() {
    return new GroupVersionResource(apiGroup, apiVersion, resource);
  }
}
