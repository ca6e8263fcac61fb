package dev.coracle.client.webhook;

import dev.coracle.client.ServiceEndpoints;
import java.io.IOException;

/** Finds a server of a Service. */
public interface ServiceResolver {

  /**
   * One of the ready endpoints.
   *
   * @param port a port of the Service
   * @throws IOException when there is none, with Kubernetes' words
   */
  ServiceEndpoints.Endpoint resolve(String namespace, String name, int port) throws IOException;
}
