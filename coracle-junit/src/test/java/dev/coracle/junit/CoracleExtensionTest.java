package dev.coracle.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import dev.coracle.cluster.options.ClusterOptions;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** Which cluster a class gets, and that it ends. */
class CoracleExtensionTest {

  /** Said of the samples: the conditions are off where they are run. */
  private static final String BY_ITSELF = "run by the tests of this class";

  private static final List<String> SERVERS = Collections.synchronizedList(new ArrayList<>());
  private static final List<Path> KUBECONFIGS = Collections.synchronizedList(new ArrayList<>());

  private static void seen(CoracleCluster cluster) {
    SERVERS.add(cluster.server());
    KUBECONFIGS.add(cluster.kubeconfig());
  }

  @Disabled(BY_ITSELF)
  @CoracleTest
  static class One {
    @Test
    void takes(CoracleCluster cluster) {
      seen(cluster);
    }
  }

  @Disabled(BY_ITSELF)
  @CoracleTest
  static class Another {
    @Test
    void takes(CoracleCluster cluster) {
      seen(cluster);
    }
  }

  @Disabled(BY_ITSELF)
  @CoracleTest(shared = false, simulatedNodes = 3)
  static class Alone {
    @Test
    void takes(CoracleCluster cluster, KubernetesClient client) {
      seen(cluster);
      assertThat(client.nodes().list().getItems()).hasSize(3);
    }
  }

  @Disabled(BY_ITSELF)
  static class Registered {
    @RegisterExtension
    static final CoracleExtension CLUSTER =
        CoracleExtension.with(
            options -> options.runtime(ClusterOptions.Runtime.NONE).turnableClock(true));

    @Test
    void takes(CoracleCluster cluster, KubernetesClient client) {
      seen(cluster);
      assertThat(client.nodes().list().getItems()).isEmpty();
      assertThat(client.raw("/coracle/clock")).contains("time");
    }
  }

  @Disabled(BY_ITSELF)
  static class Wrong {
    @RegisterExtension
    static final CoracleExtension CLUSTER =
        CoracleExtension.with(options -> options.listen("192.0.2.1", 0));

    @Test
    void takes(CoracleCluster cluster) {
      seen(cluster);
    }
  }

  @BeforeEach
  void forget() {
    SERVERS.clear();
    KUBECONFIGS.clear();
  }

  private static Events run(Class<?>... classes) {
    var builder = EngineTestKit.engine("junit-jupiter");
    for (Class<?> each : classes) {
      builder.selectors(selectClass(each));
    }
    return builder
        .configurationParameter("junit.jupiter.conditions.deactivate", "*")
        .execute()
        .allEvents();
  }

  private static boolean answers(String server) throws Exception {
    URI uri = URI.create(server);
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 5000);
      return true;
    } catch (ConnectException e) {
      return false;
    }
  }

  @Test
  void classesThatAskForTheSame_shareACluster_whichEndsWithTheRun() throws Exception {
    run(One.class, Another.class, Alone.class, Registered.class)
        .assertStatistics(all -> all.failed(0));
    assertThat(SERVERS).hasSize(4);
    assertThat(SERVERS.get(1)).isEqualTo(SERVERS.get(0));
    assertThat(SERVERS.stream().distinct()).hasSize(3);
    for (String server : SERVERS) {
      assertThat(answers(server)).isFalse();
    }
    assertThat(KUBECONFIGS).allSatisfy(file -> assertThat(file.getParent()).doesNotExist());
  }

  @Test
  void clusterThatCannotStart_saysWhatToDo() {
    run(Wrong.class)
        .assertThatEvents()
        .haveExactly(1, event(finishedWithFailure(message(text -> text.contains("192.0.2.1")))));
    assertThat(SERVERS).isEmpty();
  }
}
