package dev.coracle.node.simulated;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.node.pod.NodeAllocations;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the simulated nodes have given to their Pods: a Pod that was bound by somebody who did not
 * look, or a second one that wants the same port of the host, is refused as a kubelet refuses it.
 */
final class NodeRooms {

  private final SharedInformer nodes;
  private final SharedInformer pods;
  private final String byNode;
  private final Map<String, NodeAllocations> rooms = new ConcurrentHashMap<>();

  /**
   * @param byNode the index of Pods by the name of their node
   */
  NodeRooms(SharedInformer nodes, SharedInformer pods, String byNode) {
    this.nodes = nodes;
    this.pods = pods;
    this.byNode = byNode;
  }

  /**
   * Gives a Pod its part, once.
   *
   * @return why not; null when it may run, as on a node that doesn't say what it has
   */
  NodeAllocations.@Nullable Refusal admit(KubeObject pod, KubeObject node) {
    if (node.at("status", "allocatable", "pods").isMissingNode()) {
      return null;
    }
    return rooms.computeIfAbsent(node.name(), this::room).admit(pod, node);
  }

  private NodeAllocations room(String name) {
    NodeAllocations room =
        new NodeAllocations(
            () -> {
              KubeObject node = nodes.get("", name);
              return (node == null ? KubeObject.of(new byte[] {'{', '}'}) : node)
                  .at("status", "allocatable");
            });
    for (KubeObject pod : pods.byIndex(byNode, name)) {
      if (pod.text("status", "phase").equals("Running")) {
        room.take(pod.uid(), pod.tree());
      }
    }
    return room;
  }

  /** A Pod uses nothing any more; does nothing for one that had nothing. */
  void release(KubeObject pod) {
    NodeAllocations unused =
        rooms.computeIfPresent(
            pod.text("spec", "nodeName"),
            (name, room) -> {
              room.remove(pod.uid());
              return room;
            });
  }

  /** The node is gone. */
  void forget(String name) {
    NodeAllocations unused = rooms.remove(name);
  }
}
