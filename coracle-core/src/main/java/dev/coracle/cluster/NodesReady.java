package dev.coracle.cluster;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.SystemClock;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waits for nodes, as everybody sees them. */
final class NodesReady {

  private NodesReady() {}

  /**
   * Waits until all these nodes are Ready.
   *
   * @param stop ends the waiting early when it is counted down
   * @return whether they are
   */
  static boolean await(Client client, List<String> nodes, Duration timeout, CountDownLatch stop)
      throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(1);
    try (SystemClock clock = new SystemClock();
        Informers informers = new InformerFactory(client, clock)) {
      SharedInformer informer =
          informers.of(GroupVersionResource.core("nodes"), "", ListOptions.ALL);
      informer.addHandler(
          SharedInformer.each(
              changed -> {
                if (nodes.stream().allMatch(name -> isReady(informer.get("", name)))) {
                  ready.countDown();
                }
              }));
      long deadline = System.nanoTime() + timeout.toNanos();
      while (System.nanoTime() < deadline && stop.getCount() > 0) {
        if (ready.await(50, TimeUnit.MILLISECONDS)) {
          return true;
        }
      }
      return ready.getCount() == 0;
    }
  }

  private static boolean isReady(@Nullable KubeObject node) {
    if (node == null) {
      return false;
    }
    for (var condition : node.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }
}
