package dev.coracle.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.http.tls.ClientTls;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A group and version that an extension server serves, as an APIService registers it.
 *
 * @param available whether the extension server answered when it was last asked
 * @param resources what it said that it serves, as in an {@code APIResourceList}
 */
public record RemoteGroup(
    KubeObject registration,
    String group,
    String version,
    String namespace,
    String service,
    int port,
    ClientTls tls,
    boolean available,
    ArrayNode resources) {

  /**
   * @param identity who this server is to extension servers
   * @throws IllegalArgumentException when its certificates cannot be read
   */
  static RemoteGroup of(KubeObject registration, ClientTls identity) {
    JsonNode spec = registration.at("spec");
    JsonNode service = spec.path("service");
    String namespace = service.path("namespace").asText();
    String name = service.path("name").asText();
    return new RemoteGroup(
        registration,
        spec.path("group").asText(),
        spec.path("version").asText(),
        namespace,
        name,
        service.path("port").asInt(443),
        tls(spec, identity).withServerName(name + "." + namespace + ".svc"),
        false,
        Json.array());
  }

  private static ClientTls tls(JsonNode spec, ClientTls identity) {
    if (spec.path("insecureSkipTLSVerify").asBoolean(false)) {
      return new ClientTls(
          java.util.List.of(), true, identity.key(), identity.chain(), identity.serverName());
    }
    String bundle =
        new String(
            Base64.getDecoder().decode(spec.path("caBundle").asText("")), StandardCharsets.UTF_8);
    return new ClientTls(
        bundle.isEmpty() ? java.util.List.of() : Pem.certificates(bundle),
        false,
        identity.key(),
        identity.chain(),
        identity.serverName());
  }

  RemoteGroup seen(boolean isAvailable, ArrayNode served) {
    return new RemoteGroup(
        registration, group, version, namespace, service, port, tls, isAvailable, served);
  }

  String groupVersion() {
    return group + "/" + version;
  }
}
