package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Nodes. */
final class NodeDefaults {

  private static final String[] SYSTEM_INFO = {
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture"
  };

  private NodeDefaults() {}

  static void node(ObjectNode node) {
    ObjectNode spec = Fill.child(node, "spec");
    if (!Fill.blank(spec, "podCIDR") && spec.path("podCIDRs").isEmpty()) {
      spec.putArray("podCIDRs").add(Fill.string(spec, "podCIDR"));
    }
    if (!spec.path("unschedulable").asBoolean(true)) {
      spec.remove("unschedulable");
    }
    ObjectNode status = Fill.child(node, "status");
    Fill.quantities(status, "capacity");
    if (status.path("allocatable").isEmpty()
        && Fill.existing(status, "capacity") instanceof ObjectNode capacity
        && !capacity.isEmpty()) {
      status.set("allocatable", capacity.deepCopy());
    }
    Fill.quantities(status, "allocatable");
    Fill.number(Fill.child(Fill.child(status, "daemonEndpoints"), "kubeletEndpoint"), "Port", 0);
    ObjectNode info = Fill.child(status, "nodeInfo");
    for (String field : SYSTEM_INFO) {
      Fill.empty(info, field);
    }
  }
}
