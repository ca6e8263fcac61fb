package dev.coracle.client.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaderElectorTest {

  private static final GroupVersionResource LEASES =
      GroupVersionResource.of("coordination.k8s.io", "v1", "leases");

  @TempDir private static Path directory;
  private static TestCluster cluster;
  private static Client client;

  private final ControllableClock clock =
      new ControllableClock(Instant.parse("2026-11-21T04:00:00Z"));
  private final List<String> log = new ArrayList<>();

  @BeforeAll
  static void start() {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void forget() {
    KubeObject unused = client.delete(LEASES, "default", "work", DeleteOptions.DEFAULT);
  }

  private LeaderElector elector(String identity, boolean alone) {
    return LeaderElector.start(
        client,
        clock,
        "default",
        "work",
        identity,
        LeaderElector.Timing.USUAL,
        alone,
        () -> {
          log.add(identity + " begins");
          return () -> log.add(identity + " ends");
        });
  }

  private static KubeObject lease() {
    return client.get(LEASES, "default", "work");
  }

  private static void nameHolder(String identity) {
    ObjectNode changed = lease().mutableTree();
    ((ObjectNode) changed.path("spec"))
        .put("holderIdentity", identity)
        .put("leaseDurationSeconds", 15);
    KubeObject unused = client.update(LEASES, "default", "work", changed);
  }

  @Test
  void twoElectors_oneLease_leadOneAfterTheOther() {
    LeaderElector a = elector("a", false);
    LeaderElector b = elector("b", false);
    clock.advance(Duration.ofMinutes(1));

    assertThat(a.isLeader()).isTrue();
    assertThat(b.isLeader()).isFalse();

    a.close();
    clock.advance(Duration.ofSeconds(2));

    assertThat(b.isLeader()).isTrue();
    assertThat(log).containsExactly("a begins", "a ends", "b begins");
    assertThat(lease().text("spec", "holderIdentity")).isEqualTo("b");
    assertThat(lease().at("spec", "leaseTransitions").asInt()).isEqualTo(1);
    b.close();
    assertThat(lease().text("spec", "holderIdentity")).isEmpty();
  }

  @Test
  void lease_ofALeaderThatIsGone_isTakenAfterItsDuration() {
    elector("gone", false).close();
    nameHolder("gone");
    log.clear();

    LeaderElector b = elector("b", false);
    clock.advance(Duration.ofSeconds(14));
    assertThat(b.isLeader()).isFalse();
    clock.advance(Duration.ofSeconds(2));

    assertThat(b.isLeader()).isTrue();
    b.close();
  }

  @Test
  void lease_ofALeaderThatIsGone_isTakenAtOnceByOneThatIsAlone() {
    elector("gone", false).close();
    nameHolder("gone");

    LeaderElector b = elector("b", true);

    assertThat(b.isLeader()).isTrue();
    b.close();
  }

  @Test
  void leader_whoseLeaseWasTaken_stops() {
    LeaderElector a = elector("a", false);
    nameHolder("thief");

    clock.advance(Duration.ofSeconds(2));

    assertThat(a.isLeader()).isFalse();
    assertThat(log).containsExactly("a begins", "a ends");
    a.close();
    assertThat(lease().text("spec", "holderIdentity")).isEqualTo("thief");
  }
}
