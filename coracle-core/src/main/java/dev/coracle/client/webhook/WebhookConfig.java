package dev.coracle.client.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;

/**
 * What a {@code clientConfig} says, of an admission webhook as of a CRD's conversion webhook.
 *
 * @param url empty when there is a service
 * @param namespace of the Service; empty when there is a URL
 * @param service its name
 * @param port of the Service
 * @param path at the Service; begins with a slash
 * @param caBundle PEM in base64, as the field is written; empty for the system's own authorities
 */
public record WebhookConfig(
    String url, String namespace, String service, int port, String path, String caBundle) {

  private static final int DEFAULT_PORT = 443;

  /** Reads a validated {@code clientConfig}. */
  public static WebhookConfig of(JsonNode clientConfig) {
    String bundle = clientConfig.path("caBundle").asText("");
    JsonNode service = clientConfig.path("service");
    if (!service.isObject()) {
      return new WebhookConfig(clientConfig.path("url").asText(""), "", "", 0, "/", bundle);
    }
    String path = service.path("path").asText("");
    return new WebhookConfig(
        "",
        service.path("namespace").asText(""),
        service.path("name").asText(""),
        service.path("port").asInt(DEFAULT_PORT),
        path.startsWith("/") ? path : "/" + path,
        bundle);
  }

  boolean isService() {
    return url.isEmpty();
  }

  /** The name that the server's certificate must have. */
  String serverName() {
    return isService() ? service + "." + namespace + ".svc" : host();
  }

  /** The address where it is reached without a Service. */
  String host() {
    String host = URI.create(url).getHost();
    if (host == null) {
      throw new IllegalArgumentException("the URL has no host");
    }
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  int urlPort() {
    int given = URI.create(url).getPort();
    return given < 0 ? DEFAULT_PORT : given;
  }

  String authority() {
    return isService() ? serverName() + ":" + port : URI.create(url).getRawAuthority();
  }

  /** Raw path of the request. */
  String requestPath() {
    if (isService()) {
      return path;
    }
    String raw = URI.create(url).getRawPath();
    return raw == null || raw.isEmpty() ? "/" : raw;
  }
}
