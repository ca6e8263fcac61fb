package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.probes.Handlers;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.Sandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the rooms of one Pod's worker share: the Pod as it is now, its sandbox, the node's parts.
 */
final class PodContext {

  final NodeConfig node;
  final ContainerConfigs configs;
  final ContainerRuntime runtime;
  final Clock clock;
  final Handlers handlers;
  final PodUpdates updates;
  final String runtimeName;
  private final EventRecorder events;
  volatile KubeObject pod;
  volatile @Nullable Sandbox sandbox;
  volatile boolean shutDown;
  private volatile List<String> lastIps = List.of();

  PodContext(
      NodeConfig node,
      ContainerConfigs configs,
      EventRecorder events,
      Handlers handlers,
      KubeObject pod) {
    this.node = node;
    this.configs = configs;
    this.runtime = node.runtime();
    this.clock = node.clock();
    this.events = events;
    this.handlers = handlers;
    this.pod = pod;
    this.updates = new PodUpdates(clock);
    String version = runtime.version();
    this.runtimeName = version.substring(0, Math.max(0, version.indexOf(':')));
  }

  void event(String type, String reason, String message) {
    events.event(pod, "", type, reason, message);
  }

  void event(ContainerRecord container, String type, String reason, String message) {
    String path = "spec." + container.kind.field + "{" + container.name + "}";
    events.event(pod, path, type, reason, message);
  }

  /** {@code namespace/name(uid)} in the words of the kubelet's messages. */
  String identity() {
    KubeObject now = pod;
    return identity(now.name(), now.namespace(), now.uid());
  }

  static String identity(String name, String namespace, String uid) {
    return name + "_" + namespace + "(" + uid + ")";
  }

  void removeSandbox() {
    Sandbox current = sandbox;
    if (current != null) {
      lastIps = podIps();
      sandbox = null;
      runtime.removeSandbox(current.id());
    }
  }

  /** The Pod's addresses, or those that it had last. */
  List<String> podIps() {
    Sandbox current = sandbox;
    if (current == null) {
      return lastIps;
    }
    return current.ips().isEmpty() ? List.of(node.address()) : current.ips();
  }

  String probeIp() {
    List<String> ips = podIps();
    return ips.isEmpty() ? node.address() : ips.getFirst();
  }

  /** The Pod with the addresses in its status that the server may not know yet. */
  ObjectNode withAddresses(KubeObject now) {
    ObjectNode tree = now.mutableTree();
    ObjectNode status = tree.get("status") instanceof ObjectNode s ? s : tree.putObject("status");
    status.put("hostIP", node.address());
    status.putArray("hostIPs").addObject().put("ip", node.address());
    List<String> ips = podIps();
    if (!ips.isEmpty()) {
      status.put("podIP", ips.getFirst());
      var array = status.putArray("podIPs");
      ips.forEach(ip -> array.addObject().put("ip", ip));
    }
    return tree;
  }
}
