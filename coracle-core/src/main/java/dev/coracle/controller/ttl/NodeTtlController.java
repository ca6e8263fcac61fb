package dev.coracle.controller.ttl;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.List;

/**
 * Tells each kubelet, by an annotation of its Node, for how many seconds it may keep Secrets and
 * ConfigMaps that it read: the longer, the more nodes there are.
 */
public final class NodeTtlController implements Controller {

  static final String ANNOTATION = "node.alpha.kubernetes.io/ttl";

  /** From so many nodes to so many; the ranges overlap, that the time does not go to and fro. */
  private record Size(int least, int most, int seconds) {}

  private static final List<Size> SIZES =
      List.of(
          new Size(0, 100, 0),
          new Size(90, 500, 15),
          new Size(450, 1000, 30),
          new Size(900, 2000, 60),
          new Size(1800, 10_000, 300),
          new Size(9000, Integer.MAX_VALUE, 600));

  private final ControllerContext context;
  private final SharedInformer nodes;
  private final Work<String> work;
  private int count;
  private int size;

  public NodeTtlController(ControllerContext context) {
    this.context = context;
    this.nodes = context.informers().of(Resources.NODES);
    this.work = new Work<>(name(), context.clock(), 5, this::sync);
  }

  @Override
  public String name() {
    return "ttl-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(
        nodes,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject node) {
            count(1);
            work.queue().add(node.name());
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            work.queue().add(now.name());
          }

          @Override
          public void deleted(KubeObject last) {
            count(-1);
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void count(int more) {
    synchronized (this) {
      int before = size;
      count += more;
      while (count > SIZES.get(size).most) {
        size++;
      }
      while (count < SIZES.get(size).least) {
        size--;
      }
      if (size == before) {
        return;
      }
    }
    nodes.list("").forEach(node -> work.queue().add(node.name()));
  }

  private void sync(String name) {
    KubeObject node = nodes.get("", name);
    String seconds;
    synchronized (this) {
      seconds = Integer.toString(SIZES.get(size).seconds);
    }
    if (node == null || node.at("metadata", "annotations", ANNOTATION).asText().equals(seconds)) {
      return;
    }
    ObjectNode patch = Json.object();
    patch.putObject("metadata").putObject("annotations").put(ANNOTATION, seconds);
    try {
      context
          .client()
          .patch(Resources.NODES, "", name, "", PatchType.STRATEGIC, patch, WriteOptions.NONE);
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
