package dev.coracle.apiserver.dispatch;

import dev.coracle.api.RequestInfo;
import dev.coracle.apiserver.aggregation.ApiServices;
import dev.coracle.apiserver.aggregation.ExtensionServers;
import dev.coracle.apiserver.aggregation.LocalGroup;
import dev.coracle.apiserver.aggregation.LocalGroups;
import dev.coracle.apiserver.aggregation.RemoteGroup;
import dev.coracle.apiserver.paths.PathEndpoints;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import org.jspecify.annotations.Nullable;

/** Sends an authorized request to what serves it. */
public final class Dispatcher {

  private final ResourceEndpoint resources;
  private final PathEndpoints paths;
  private final ApiServices services;
  private final ExtensionServers extensions;
  private final LocalGroups locals;

  public Dispatcher(
      ResourceEndpoint resources,
      PathEndpoints paths,
      ApiServices services,
      ExtensionServers extensions,
      LocalGroups locals) {
    this.resources = resources;
    this.paths = paths;
    this.services = services;
    this.extensions = extensions;
    this.locals = locals;
  }

  public ApiResponse dispatch(ApiRequest request) {
    RemoteGroup remote = remote(request.info());
    if (remote != null) {
      return extensions.serve(request, remote);
    }
    LocalGroup local = locals.find(request.info());
    if (local != null) {
      return LocalGroups.serve(request, local);
    }
    return request.info().isResourceRequest() ? resources.serve(request) : paths.serve(request);
  }

  /** Who else serves the group and version of a resource, or of {@code /apis/GROUP/VERSION}. */
  private @Nullable RemoteGroup remote(RequestInfo info) {
    if (info.isResourceRequest()) {
      return services.find(info.apiGroup(), info.apiVersion());
    }
    if (!info.path().startsWith("/apis/")) {
      return null;
    }
    String[] parts = info.path().split("/", -1);
    boolean slashAtEnd = parts.length == 5 && parts[4].isEmpty();
    return parts.length == 4 || slashAtEnd ? services.find(parts[2], parts[3]) : null;
  }
}
