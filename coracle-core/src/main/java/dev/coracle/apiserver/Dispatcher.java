package dev.coracle.apiserver;

/** Sends an authorized request to what serves it. */
final class Dispatcher {

  private final ResourceEndpoint resources;
  private final PathEndpoints paths;

  Dispatcher(ResourceEndpoint resources, PathEndpoints paths) {
    this.resources = resources;
    this.paths = paths;
  }

  ApiResponse dispatch(ApiRequest request) {
    return request.info().isResourceRequest() ? resources.serve(request) : paths.serve(request);
  }
}
