package dev.coracle.node.registration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SharedInformer;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.inputs.NodeSources;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Node object as this node sees it: what others write into it (labels, taints, cordons). */
public final class OwnNode {

  private static final Logger LOG = LoggerFactory.getLogger(OwnNode.class);

  private final NodeConfig config;
  private final EventRecorder events;
  private final Runnable gone;
  private volatile @Nullable SharedInformer informer;
  private volatile SharedInformer.@Nullable Registration registration;

  /**
   * @param gone called when somebody deleted the Node
   */
  public OwnNode(NodeConfig config, EventRecorder events, Runnable gone) {
    this.config = config;
    this.events = events;
    this.gone = gone;
  }

  /** Watches from now on. */
  public void start() {
    SharedInformer nodes =
        config
            .informers()
            .of(
                NodeSources.NODES,
                "",
                ListOptions.ALL.withFieldSelector("metadata.name=" + config.nodeName()));
    informer = nodes;
    registration =
        nodes.addHandler(
            new SharedInformer.Handler() {
              @Override
              public void added(KubeObject node) {
                if (node.at("spec", "unschedulable").asBoolean()) {
                  tellSchedulable(node);
                }
                allot(node);
              }

              @Override
              public void updated(KubeObject before, KubeObject now) {
                if (before.at("spec", "unschedulable").asBoolean()
                    != now.at("spec", "unschedulable").asBoolean()) {
                  tellSchedulable(now);
                }
                allot(now);
              }

              @Override
              public void deleted(KubeObject last) {
                gone.run();
              }
            });
    try {
      nodes.awaitSync();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (nodes.get("", config.nodeName()) == null) {
      gone.run();
    }
  }

  /** The Node as it was last heard of; null while there is none. */
  public @Nullable KubeObject cached() {
    SharedInformer watching = informer;
    KubeObject seen = watching == null ? null : watching.get("", config.nodeName());
    return seen != null ? seen : read();
  }

  /** The Node of this moment; null when there is none. */
  public @Nullable KubeObject read() {
    return config.client().find(NodeSources.NODES, "", config.nodeName());
  }

  private void allot(KubeObject node) {
    ObjectNode patch = ExtendedResources.patch(node);
    if (patch == null || node.isDeleting()) {
      return;
    }
    Thread.ofVirtual()
        .name("extended-resources-" + config.nodeName())
        .start(
            () -> {
              try {
                KubeObject unused = ExtendedResources.write(config.client(), node.name(), patch);
              } catch (StatusException e) {
                LOG.debug("extended resources of {}: {}", node.name(), e.getMessage());
              }
            });
  }

  private void tellSchedulable(KubeObject node) {
    String state =
        node.at("spec", "unschedulable").asBoolean() ? "NodeNotSchedulable" : "NodeSchedulable";
    tell(state, "Node " + config.nodeName() + " status is now: " + state);
  }

  /** An event of this node; a kubelet refers to itself by its name in place of the Node's uid. */
  public void tell(String reason, String message) {
    ObjectNode reference = Json.object().put("apiVersion", "v1").put("kind", "Node");
    reference.putObject("metadata").put("name", config.nodeName()).put("uid", config.nodeName());
    events.normal(KubeObject.of(reference), reason, message);
  }

  public void close() {
    SharedInformer.Registration current = registration;
    if (current != null) {
      current.remove();
    }
  }
}
