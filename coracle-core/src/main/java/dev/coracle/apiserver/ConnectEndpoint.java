package dev.coracle.apiserver;

/** Serves the subresources that connect to something else: proxies and a node's streams. */
interface ConnectEndpoint {

  ApiResponse serve(ApiRequest request, String namespace);
}
