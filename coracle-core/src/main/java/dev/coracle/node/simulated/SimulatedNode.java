package dev.coracle.node.simulated;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;

/** A simulated node as the API shows it. Pure. */
final class SimulatedNode {

  private SimulatedNode() {}

  /**
   * The Node to register.
   *
   * @param number of the node among those that are registered, from 0
   * @param now of the API's times
   */
  static ObjectNode object(
      String name, int number, SimulatedNodes.Registration registration, String now) {
    ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
    ObjectNode metadata = node.putObject("metadata").put("name", name);
    metadata
        .putObject("labels")
        .put("kubernetes.io/hostname", name)
        .put("kubernetes.io/os", "linux")
        .put("kubernetes.io/arch", "amd64")
        .put("beta.kubernetes.io/os", "linux")
        .put("beta.kubernetes.io/arch", "amd64")
        .put(SimulatedNodes.LABEL, "true");
    ObjectNode spec = node.putObject("spec");
    if (registration.ownRanges()) {
      spec.put("podCIDR", Addresses.podRange(number));
      spec.putArray("podCIDRs").add(Addresses.podRange(number));
    }
    if (registration.repel()) {
      spec.putArray("taints")
          .addObject()
          .put("key", SimulatedNodes.LABEL)
          .put("value", "true")
          .put("effect", "NoSchedule");
    }
    node.set("status", status(name, Addresses.ofNode(number), now));
    return node;
  }

  /** What its kubelet would say of it, whole: Ready, with room for 110 Pods. */
  static ObjectNode status(String name, String address, String now) {
    ObjectNode status = Json.object();
    ArrayNode all = status.putArray("addresses");
    all.addObject().put("type", "InternalIP").put("address", address);
    all.addObject().put("type", "Hostname").put("address", name);
    for (String list : new String[] {"capacity", "allocatable"}) {
      status
          .putObject(list)
          .put("cpu", "32")
          .put("ephemeral-storage", "1Ti")
          .put("memory", "256Gi")
          .put("pods", "110");
    }
    ArrayNode conditions = status.putArray("conditions");
    for (String[] condition :
        new String[][] {
          {"MemoryPressure", "False", "KubeletHasSufficientMemory"},
          {"DiskPressure", "False", "KubeletHasNoDiskPressure"},
          {"PIDPressure", "False", "KubeletHasSufficientPID"},
          {"Ready", "True", "KubeletReady"}
        }) {
      conditions
          .addObject()
          .put("type", condition[0])
          .put("status", condition[1])
          .put("lastHeartbeatTime", now)
          .put("lastTransitionTime", now)
          .put("reason", condition[2])
          .put("message", "this node is simulated");
    }
    status
        .putObject("nodeInfo")
        .put("architecture", "amd64")
        .put("bootID", "")
        .put("containerRuntimeVersion", "simulated://1.0.0")
        .put("kernelVersion", "")
        .put("kubeProxyVersion", "")
        .put("kubeletVersion", "v1.36.2")
        .put("machineID", "")
        .put("operatingSystem", "linux")
        .put("osImage", "simulated")
        .put("systemUUID", "");
    return status;
  }

  /** Where it says it is; one of nobody's where it does not say. */
  static String address(KubeObject node) {
    String address = node.at("status", "addresses").path(0).path("address").asText("");
    return address.isEmpty() ? "10.190.255.254" : address;
  }
}
