package dev.coracle.apiserver.openapi;

import dev.coracle.apiserver.paths.PathEndpoint;
import dev.coracle.apiserver.paths.PathEndpoints;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.http.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Swagger UI's files, from its webjar, with a page of our own. They say nothing of the cluster,
 * so anybody may load them; what they show, they ask for with the token that a person pastes. No
 * script runs but these files' own (Content-Security-Policy).
 */
public final class SwaggerUi implements PathEndpoint {

  private static final String WEBJAR = "/META-INF/resources/webjars/swagger-ui/5.31.0/";
  private static final Map<String, String> TYPES =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "coracle.js", "text/javascript; charset=utf-8",
          "coracle.css", "text/css; charset=utf-8",
          "swagger-ui.css", "text/css; charset=utf-8",
          "swagger-ui-bundle.js", "text/javascript; charset=utf-8",
          "swagger-ui-standalone-preset.js", "text/javascript; charset=utf-8",
          "favicon-16x16.png", "image/png",
          "favicon-32x32.png", "image/png");
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
          + " img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none';"
          + " form-action 'none'; frame-ancestors 'none'";

  @Override
  public ApiResponse serve(ApiRequest request, String rest) {
    if (rest.isEmpty()) {
      return new ApiResponse.Bytes(301, "", new byte[0], Headers.of("Location", "/swagger-ui/"));
    }
    String name = rest.equals("/") ? "index.html" : rest;
    String type = TYPES.get(name);
    byte[] file = type == null ? null : file(name);
    if (type == null || file == null) {
      return PathEndpoints.notFound();
    }
    return new ApiResponse.Bytes(
        200,
        type,
        file,
        Headers.of(
            "Content-Security-Policy",
            POLICY,
            "Referrer-Policy",
            "no-referrer",
            "Cross-Origin-Opener-Policy",
            "same-origin"));
  }

  private static byte @Nullable [] file(String name) {
    try (InputStream own = SwaggerUi.class.getResourceAsStream("swagger-ui/" + name);
        InputStream webjar = SwaggerUi.class.getResourceAsStream(WEBJAR + name)) {
      InputStream found = own == null ? webjar : own;
      return found == null ? null : found.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
