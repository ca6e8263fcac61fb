package dev.coracle.scheduler.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.client.Client;
import dev.coracle.client.FakeTransport;
import dev.coracle.client.InformerFactory;
import dev.coracle.controller.Make;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodGroups;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.StorageView;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClusterStateTest {

  private final InformerFactory informers =
      new InformerFactory(
          new Client(new FakeTransport()),
          new ControllableClock(Instant.parse("2026-01-01T00:00:00Z")));
  private final ClusterState state =
      new ClusterState(
          informers.of(GroupVersionResource.core("namespaces")),
          new Kin(informers),
          StorageView.NONE);

  @AfterEach
  void close() {
    informers.close();
  }

  private static PodInfo pod(int number, int app, String node) {
    return PodInfo.of(
        Make.object(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: p%d, namespace: ns, uid: u%d, labels: {app: a%d}}
            spec: {nodeName: "%s", containers: [{name: main, image: i}]}
            """
                .formatted(number, number, app, node)));
  }

  /** How many of which kind are where. */
  private static Map<String, Integer> counts(PodGroups groups) {
    Map<String, Integer> counts = new TreeMap<>();
    for (PodGroups.Group group : groups.all()) {
      group.forEachNode(
          (node, count) -> counts.put(group.likeness().labels() + " on " + node.name(), count));
    }
    return counts;
  }

  @Test
  void groups_podsComeMoveChangeAndGo_areAsIfCountedAnew() {
    Random random = new Random(1);
    assertThat(state.groups().all()).isEmpty();
    for (int step = 0; step < 500; step++) {
      String node = "n" + random.nextInt(4);
      PodInfo pod = pod(random.nextInt(30), random.nextInt(3), node);
      switch (random.nextInt(6)) {
        case 0 -> state.removePod(pod.uid());
        case 1 -> state.putNode(Make.object("{kind: Node, metadata: {name: " + node + "}}"));
        case 2 -> state.removeNode(node);
        case 3 -> state.putPod(pod, node);
        default -> state.showPod(pod.pod(), node);
      }
      Map<String, Integer> anew = new TreeMap<>();
      for (NodeInfo each : state.nodes()) {
        for (PodInfo on : each.pods()) {
          anew.merge(on.labels() + " on " + each.name(), 1, Integer::sum);
        }
      }
      assertThat(counts(state.groups())).isEqualTo(anew);
    }
  }
}
