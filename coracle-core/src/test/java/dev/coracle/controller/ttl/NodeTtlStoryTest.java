package dev.coracle.controller.ttl;

import static org.awaitility.Awaitility.await;

import dev.coracle.api.DeleteOptions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Nodes come and go, and each says how long its kubelet may keep what it read. */
class NodeTtlStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private void add(int from, int to) {
    for (int i = from; i < to; i++) {
      var unused =
          cluster.apply("{apiVersion: v1, kind: Node, metadata: {name: node-%d}}".formatted(i));
    }
  }

  private void delete(int from, int to) {
    for (int i = from; i < to; i++) {
      cluster.admin().delete(Resources.NODES, "", "node-" + i, DeleteOptions.DEFAULT);
    }
  }

  private void awaitAll(int nodes, String seconds) {
    await()
        .until(
            () -> {
              Map<String, Integer> said = new HashMap<>();
              cluster
                  .list(Resources.NODES, "")
                  .forEach(
                      node ->
                          said.merge(
                              node.at("metadata", "annotations", NodeTtlController.ANNOTATION)
                                  .asText("none"),
                              1,
                              Integer::sum));
              return said.equals(Map.of(seconds, nodes));
            });
  }

  @Test
  void ttl_numberOfNodesChanges_growsAboveAHundredAndShrinksBelowNinety() {
    add(0, 100);
    awaitAll(100, "0");
    add(100, 101);
    awaitAll(101, "15");
    delete(90, 101);
    awaitAll(90, "15");
    delete(89, 90);
    awaitAll(89, "0");
  }
}
