package dev.coracle.scheduler.framework;

import dev.coracle.api.LabelSelector;
import dev.coracle.controller.Make;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Nodes and Pods for tests of plugins, written as YAML. */
public final class Scene implements ClusterView {

  private final List<NodeInfo> nodes = new ArrayList<>();

  /** What {@link #kin} answers. */
  public LabelSelector kin = LabelSelector.EVERYTHING;

  /** A node of 4 cpu and 8Gi for ten Pods, with its hostname. */
  public NodeInfo node(String name, String labels) {
    return node(name, labels, "", "");
  }

  public NodeInfo node(String name, String labels, String allocatable, String status) {
    NodeInfo info = new NodeInfo(name);
    info.node(
        Make.object(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: %s, labels: {kubernetes.io/hostname: %s, %s}}
            spec: {}
            status: {allocatable: {cpu: "4", memory: 8Gi, pods: "10", %s} %s}
            """
                .formatted(name, name, labels, allocatable, status)));
    nodes.add(info);
    return info;
  }

  public static PodInfo pod(String name, String labels, String spec) {
    return PodInfo.of(
        Make.object(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, namespace: ns, uid: %s, labels: {%s}}
            spec: {%s}
            """
                .formatted(name, name, labels, spec)));
  }

  /** A container that asks for this. */
  public static String asks(String requests) {
    return "containers: [{name: main, image: i, resources: {requests: {" + requests + "}}}]";
  }

  @Override
  public List<NodeInfo> nodes() {
    return nodes;
  }

  @Override
  public Map<String, String> namespaceLabels(String namespace) {
    return Map.of("kubernetes.io/metadata.name", namespace);
  }

  @Override
  public LabelSelector kin(PodInfo pod) {
    return kin;
  }

  /** Why a plugin keeps a Pod off a node; null when it does not. */
  public FilterPlugin.@Nullable Rejection rejection(FilterPlugin plugin, PodInfo pod, NodeInfo node)
      throws FilterPlugin.Unschedulable {
    FilterPlugin.NodeFilter filter = plugin.prepare(pod, this);
    return filter == null ? null : filter.reject(node);
  }

  /** A plugin's scores of all nodes; null when all are equal to it. */
  public long @Nullable [] scores(ScorePlugin plugin, PodInfo pod) {
    return plugin.score(pod, nodes, this);
  }
}
