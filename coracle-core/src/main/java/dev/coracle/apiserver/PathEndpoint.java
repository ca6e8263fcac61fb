package dev.coracle.apiserver;

/** Serves a path outside resources. */
interface PathEndpoint {

  /**
   * @param rest what follows the path that this was registered for, without a leading slash
   */
  ApiResponse serve(ApiRequest request, String rest);
}
