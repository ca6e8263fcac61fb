package dev.coracle.client.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.ServiceEndpoints;
import dev.coracle.client.ServiceEndpoints.Endpoint;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** Services as the API tells of them; of several ready endpoints, one by chance. */
public final class ApiServiceResolver implements ServiceResolver {

  private static final GroupVersionResource SERVICES = GroupVersionResource.core("services");
  private static final GroupVersionResource SLICES =
      GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices");

  private final Supplier<Client> client;

  /**
   * @param client asked for at each call, so it may come to be later
   */
  public ApiServiceResolver(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public Endpoint resolve(String namespace, String name, int port) throws IOException {
    try {
      return find(namespace, name, port);
    } catch (StatusException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private Endpoint find(String namespace, String name, int port) throws IOException {
    Client api = client.get();
    KubeObject service = api.find(SERVICES, namespace, name);
    if (service == null) {
      throw new IOException("service \"" + name + "\" not found");
    }
    for (JsonNode each : service.at("spec", "ports")) {
      if (each.path("port").asInt() == port) {
        return ready(api, service, each, port);
      }
    }
    throw new IOException("no service port " + port + " found for service \"" + name + "\"");
  }

  private static Endpoint ready(Client api, KubeObject service, JsonNode port, int number)
      throws IOException {
    if (service.at("spec", "type").asText("").equals("ExternalName")) {
      return new Endpoint(service.text("spec", "externalName"), number);
    }
    ListOptions slices =
        ListOptions.ALL.withLabelSelector(ServiceEndpoints.SERVICE_LABEL + "=" + service.name());
    List<Endpoint> endpoints =
        ServiceEndpoints.ready(
            api.list(SLICES, service.namespace(), slices).items(), port.path("name").asText(""));
    if (endpoints.isEmpty()) {
      throw new IOException("no endpoints available for service \"" + service.name() + "\"");
    }
    return endpoints.get(ThreadLocalRandom.current().nextInt(endpoints.size()));
  }
}
