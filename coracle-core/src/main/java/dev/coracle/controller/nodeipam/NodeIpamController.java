package dev.coracle.controller.nodeipam;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Cidr;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.NodeRanges;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets {@code spec.podCIDRs} of nodes that have none. What is given stands in the Nodes, and
 * nowhere else.
 */
public final class NodeIpamController implements Controller {

  /** The source of its events; its ServiceAccount is {@link #ACCOUNT}. */
  public static final String NAME = "cidrAllocator";

  public static final String ACCOUNT = "node-controller";

  private static final Logger LOG = LoggerFactory.getLogger(NodeIpamController.class);
  private static final int ATTEMPTS = 3;

  private final ControllerContext context;
  private final SharedInformer nodes;
  private final List<CidrSet> sets;
  private final Work<String> work;

  /** What nodes have, by their uid; under the empty one, what none is given. */
  private final Map<String, List<Cidr>> held = new HashMap<>();

  public NodeIpamController(ControllerContext context, NodeRanges ranges) {
    this.context = context;
    this.nodes = context.informers().of(Resources.NODES);
    this.sets = ranges.clusters().stream().map(CidrSet::new).toList();
    for (CidrSet set : sets) {
      ranges.excluded().forEach(set::occupy);
    }
    held.put("", ranges.excluded());
    this.work = new Work<>(NAME, context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    nodes.awaitSync();
    // all at once: nobody gets what another has
    nodes.list("").forEach(this::occupy);
    work.watch(
        nodes,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject node) {
            if (ranges(node).isEmpty()) {
              work.queue().add(node.name());
            } else {
              occupy(node);
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (ranges(before).size() != ranges(now).size() || !before.uid().equals(now.uid())) {
              added(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            release(last);
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private static List<Cidr> ranges(KubeObject node) {
    List<Cidr> ranges = new ArrayList<>();
    node.at("spec", "podCIDRs").forEach(cidr -> ranges.add(Cidr.parse(cidr.asText().strip())));
    return ranges;
  }

  private synchronized void occupy(KubeObject node) {
    List<Cidr> ranges = ranges(node);
    if (ranges.isEmpty() || ranges.equals(held.put(node.uid(), ranges))) {
      return;
    }
    for (Cidr range : ranges) {
      if (sets.stream().noneMatch(set -> set.occupy(range))) {
        LOG.debug("the range {} of node {} is in no cluster CIDR", range, node.name());
      }
    }
  }

  private synchronized void release(KubeObject node) {
    List<Cidr> ranges = held.remove(node.uid());
    if (ranges == null) {
      return;
    }
    for (Cidr range : ranges) {
      boolean shared = held.values().stream().flatMap(List::stream).anyMatch(range::overlaps);
      if (!shared) {
        sets.forEach(set -> set.release(range));
      }
    }
    for (KubeObject other : nodes.list("")) {
      if (ranges(other).isEmpty()) {
        work.queue().add(other.name());
      }
    }
  }

  private void sync(String name) {
    KubeObject node = nodes.get("", name);
    if (node == null || node.isDeleting() || !ranges(node).isEmpty()) {
      return;
    }
    List<Cidr> ranges = take();
    if (ranges.isEmpty()) {
      tell(node, "CIDRNotAvailable");
      throw StatusException.internal("failed to allocate cidr: there are no remaining CIDRs left");
    }
    synchronized (this) {
      held.put(node.uid(), ranges);
    }
    try {
      assign(node, ranges);
    } catch (StatusException e) {
      giveBack(node, ranges);
      if (!e.isNotFound()) {
        tell(node, "CIDRAssignmentFailed");
        throw e;
      }
    }
  }

  /** One range of each set; none when one has no more. */
  private synchronized List<Cidr> take() {
    List<Cidr> ranges = new ArrayList<>();
    for (CidrSet set : sets) {
      Cidr range = set.take();
      if (range == null) {
        for (int i = 0; i < ranges.size(); i++) {
          sets.get(i).release(ranges.get(i));
        }
        return List.of();
      }
      ranges.add(range);
    }
    return ranges;
  }

  private synchronized void giveBack(KubeObject node, List<Cidr> ranges) {
    if (held.remove(node.uid(), ranges)) {
      for (int i = 0; i < ranges.size(); i++) {
        sets.get(i).release(ranges.get(i));
      }
    }
  }

  private void assign(KubeObject node, List<Cidr> ranges) {
    ObjectNode patch = Json.object();
    patch.putObject("metadata").put("uid", node.uid());
    ObjectNode spec = patch.putObject("spec").put("podCIDR", ranges.getFirst().toString());
    ArrayNode all = spec.putArray("podCIDRs");
    ranges.forEach(range -> all.add(range.toString()));
    for (int attempt = 1; ; attempt++) {
      try {
        KubeObject unused =
            context
                .client()
                .patch(
                    Resources.NODES,
                    "",
                    node.name(),
                    "",
                    PatchType.STRATEGIC,
                    patch,
                    WriteOptions.NONE);
        return;
      } catch (StatusException e) {
        if (attempt == ATTEMPTS || e.isNotFound()) {
          throw e;
        }
      }
    }
  }

  private void tell(KubeObject node, String status) {
    context.events().normal(node, status, "Node " + node.name() + " status is now: " + status);
  }
}
