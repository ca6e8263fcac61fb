package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;

/** Reads where a Service is reached from its EndpointSlices. */
public final class ServiceEndpoints {

  /** The label by which EndpointSlices name their Service. */
  public static final String SERVICE_LABEL = "kubernetes.io/service-name";

  /**
   * One of them.
   *
   * @param host an IP address
   * @param podNamespace of the Pod that it says it is; empty when it names none
   * @param pod its name
   */
  public record Endpoint(String host, int port, String podNamespace, String pod) {
    public Endpoint(String host, int port) {
      this(host, port, "", "");
    }
  }

  private ServiceEndpoints() {}

  /**
   * The ready ones.
   *
   * @param slices all EndpointSlices of the Service
   * @param portName of the Service's port; empty when it has no name
   */
  public static List<Endpoint> ready(Iterable<KubeObject> slices, String portName) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (KubeObject slice : slices) {
      int port = portNumber(slice.at("ports"), portName);
      if (port <= 0 || slice.text("addressType").equals("FQDN")) {
        continue;
      }
      for (JsonNode endpoint : slice.at("endpoints")) {
        if (endpoint.path("conditions").path("ready").asBoolean(true)) {
          JsonNode target = endpoint.path("targetRef");
          boolean pod = target.path("kind").asText("").equals("Pod");
          endpoints.add(
              new Endpoint(
                  endpoint.path("addresses").path(0).asText(),
                  port,
                  pod ? target.path("namespace").asText("") : "",
                  pod ? target.path("name").asText("") : ""));
        }
      }
    }
    return endpoints;
  }

  private static int portNumber(JsonNode ports, String portName) {
    for (JsonNode port : ports) {
      if (port.path("name").asText("").equals(portName)) {
        return port.path("port").asInt(0);
      }
    }
    return 0;
  }
}
