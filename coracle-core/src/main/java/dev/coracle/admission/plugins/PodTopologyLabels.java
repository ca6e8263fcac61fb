package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.client.Client;
import java.util.List;
import java.util.function.Supplier;

/** A Pod that gets a node gets the node's topology labels (KEP-4742). */
public final class PodTopologyLabels implements AdmissionPlugin {

  private static final List<String> LABELS =
      List.of("topology.kubernetes.io/region", "topology.kubernetes.io/zone");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");

  private final Supplier<Client> client;

  public PodTopologyLabels(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "PodTopologyLabels";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    if (attributes.operation() != Operation.CREATE
        || !attributes.resource().group().isEmpty()
        || !attributes.resource().resource().equals("pods")) {
      return;
    }
    ObjectNode object = attributes.object();
    if (object == null) {
      return;
    }
    String node =
        switch (attributes.subresource()) {
          case "" -> object.path("spec").path("nodeName").asText("");
          case "binding" -> object.path("target").path("name").asText("");
          default -> "";
        };
    KubeObject found = node.isEmpty() ? null : client.get().find(NODES, "", node);
    if (found == null) {
      return;
    }
    for (String label : LABELS) {
      String value = found.labels().get(label);
      if (value != null) {
        object.withObject("/metadata").withObject("/labels").put(label, value);
      }
    }
  }
}
