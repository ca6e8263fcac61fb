package dev.coracle.apiserver.paths;

import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;

/** Serves a path outside resources. */
public interface PathEndpoint {

  /**
   * @param rest what follows the path that this was registered for, without a leading slash
   */
  ApiResponse serve(ApiRequest request, String rest);
}
