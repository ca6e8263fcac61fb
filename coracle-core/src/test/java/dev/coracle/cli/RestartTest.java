package dev.coracle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.cli.CoracleProcess.Output;
import dev.coracle.cli.CoracleProcess.Up;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster that is killed again and again while it works on everything at once: what it comes to
 * in the end is what was asked for, no more and no less.
 */
class RestartTest {

  private static final int KILLS = 20;

  private static final String WORK =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 12
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: main, image: v0}]}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db}
      spec:
        replicas: 5
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec: {containers: [{name: main, image: v0}]}
      ---
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: agent}
      spec:
        selector: {matchLabels: {app: agent}}
        template:
          metadata: {labels: {app: agent}}
          spec: {containers: [{name: main, image: v0}]}
      ---
      apiVersion: batch/v1
      kind: Job
      metadata: {name: sums}
      spec:
        completions: 40
        parallelism: 3
        completionMode: Indexed
        template:
          metadata: {labels: {app: sums}}
          spec: {restartPolicy: Never, containers: [{name: main, image: v0, command: ["true"]}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {selector: {app: web}, ports: [{port: 80}]}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: doomed}
      """;

  @TempDir private Path home;

  private static String get(CoracleProcess cluster, String... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("kubectl", "get"));
    command.addAll(List.of(arguments));
    Output output = cluster.program(command.toArray(String[]::new));
    return output.exitCode() == 0 ? output.text().strip() : "failed: " + output.text();
  }

  private static long lines(String text) {
    return text.isEmpty() ? 0 : text.lines().count();
  }

  @Test
  void cluster_killedTwentyTimesInTheMiddle_endsWhereItShould() throws Exception {
    CoracleProcess cluster = CoracleProcess.in(home);
    String[] options = {"--runtime=simulated", "--simulated-nodes=3"};
    Up up = cluster.up(options);
    Output applied = cluster.apply(WORK);
    assertThat(applied.exitCode()).as(applied.text()).isZero();
    Random random = new Random(7);
    for (int kill = 1; kill <= KILLS; kill++) {
      Output set =
          cluster.program(
              "kubectl",
              "set",
              "image",
              "deployment/web",
              "statefulset/db",
              "daemonset/agent",
              "main=v" + kill);
      assertThat(set.exitCode()).as(set.text()).isZero();
      if (kill == KILLS / 2) {
        Output deleted =
            cluster.program("kubectl", "delete", "namespace", "doomed", "--wait=false");
        assertThat(deleted.exitCode()).as(deleted.text()).isZero();
      }
      // How far it gets before it dies is what is varied.
      int marks = random.nextInt(4);
      for (int i = 0; i < marks; i++) {
        String unused = get(cluster, "pods", "--no-headers");
      }
      up.signal("KILL");
      int unused = up.await();
      up = cluster.up(options);
    }
    try {
      String image = "v" + KILLS;
      await()
          .untilAsserted(
              () -> {
                String column =
                    "jsonpath={range .items[*]}{.spec.containers[0].image} {.status.phase}{'\\n'}{end}";
                assertThat(get(cluster, "pods", "-l", "app=web", "-o", column).lines())
                    .hasSize(12)
                    .containsOnly(image + " Running");
                assertThat(get(cluster, "pods", "-l", "app=db", "-o", column).lines())
                    .hasSize(5)
                    .containsOnly(image + " Running");
                assertThat(get(cluster, "pods", "-l", "app=agent", "-o", column).lines())
                    .hasSize(3)
                    .containsOnly(image + " Running");
                assertThat(
                        get(
                            cluster,
                            "job",
                            "sums",
                            "-o",
                            "jsonpath={.status.succeeded} {.status.completedIndexes}"))
                    .isEqualTo("40 0-39");
                assertThat(get(cluster, "namespaces", "-o", "name")).doesNotContain("doomed");
                assertThat(
                        get(
                                cluster,
                                "endpointslices",
                                "-l",
                                "kubernetes.io/service-name=web",
                                "-o",
                                "jsonpath={range .items[*].endpoints[*]}{.addresses[0]}{'\\n'}{end}")
                            .lines()
                            .distinct())
                    .hasSize(12);
              });
      assertThat(lines(get(cluster, "pods", "-l", "app=sums", "--no-headers"))).isEqualTo(40);
    } finally {
      up.signal("TERM");
      int unused = up.await();
    }
  }
}
