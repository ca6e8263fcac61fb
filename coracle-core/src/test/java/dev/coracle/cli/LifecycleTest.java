package dev.coracle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.cli.CoracleProcess.Output;
import dev.coracle.cli.CoracleProcess.Up;
import dev.coracle.network.PodBridge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a cluster with running Pods leaves behind, and finds again. Needs root. */
class LifecycleTest {

  @TempDir Path home;
  private CoracleProcess coracle;

  @BeforeEach
  void prepare() {
    assumeTrue(CoracleProcess.isRoot(), "namespaces need root");
    assumeTrue(PodBridge.obstacle() == null, "the Pod network needs ip, nsenter and nft");
    coracle = CoracleProcess.in(home);
  }

  /** A word that is on the command lines of one test's Pods only. */
  private String marker() {
    return "marker-" + PodBridge.id(home);
  }

  private static void ok(Output output) {
    assertThat(output.exitCode()).as(output.text()).isZero();
  }

  private void runPod(CoracleProcess cluster, String name, String volumes) {
    ok(
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s}
            spec:
              terminationGracePeriodSeconds: 5
              containers:
              - name: main
                image: host
                command: [sh, -c, "trap 'exit 0' TERM; sleep 3600 & wait; echo %s"]
            %s"""
                .formatted(name, marker(), volumes)));
    awaitRunning(cluster, name);
  }

  private static void awaitRunning(CoracleProcess cluster, String name) {
    ok(cluster.program("kubectl", "wait", "--for=condition=Ready", "pod/" + name, "--timeout=2m"));
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void up_signalWithRunningPods_leavesNothing(String signal, int exitCode) throws Exception {
    Up up = coracle.up();
    try {
      runPod(coracle, "one", "");
      runPod(coracle, "two", "");
      assertThat(coracle.leftovers(marker())).isNotEmpty();
      up.signal(signal);
      assertThat(up.await()).isEqualTo(exitCode);
    } finally {
      up.process().destroyForcibly();
    }
    assertThat(coracle.leftovers(marker())).isEmpty();
    assertThat(coracle.data().resolve("coracle.pid")).doesNotExist();
  }

  @Test
  void up_afterKill_cleansUpRecoversWritesAndRunsPodsAgain() throws Exception {
    Up first = coracle.up();
    String before;
    try {
      runPod(coracle, "survivor", "");
      for (int i = 0; i < 5; i++) {
        ok(
            coracle.program(
                "kubectl", "create", "configmap", "written-" + i, "--from-literal=n=" + i));
      }
      before = startOf("survivor");
    } finally {
      first.signal("KILL");
    }
    assertThat(first.await()).isEqualTo(137);

    Up second = coracle.up();
    try {
      for (int i = 0; i < 5; i++) {
        Output value =
            coracle.program(
                "kubectl", "get", "configmap", "written-" + i, "-o", "jsonpath={.data.n}");
        assertThat(value).isEqualTo(new Output(0, Integer.toString(i)));
      }
      await().until(() -> !startOf("survivor").equals(before));
      awaitRunning(coracle, "survivor");
      // A shell that is about to start its child is there twice for a moment.
      await().until(() -> CoracleProcess.processes("echo " + marker()).size() == 1);
      assertThat(coracle.program("kubectl", "exec", "survivor", "--", "echo", "back").text())
          .isEqualTo("back\n");
      second.signal("TERM");
      assertThat(second.await()).isEqualTo(143);
    } finally {
      second.process().destroyForcibly();
    }
    assertThat(coracle.leftovers(marker())).isEmpty();
  }

  private String startOf(String pod) {
    return coracle
        .program(
            "kubectl",
            "get",
            "pod",
            pod,
            "-o",
            "jsonpath={.status.containerStatuses[0].containerID}")
        .text();
  }

  @Test
  void reset_afterKill_endsPodsAndDeletesNothingThroughTheirMounts() throws Exception {
    Path shared = Files.createDirectories(home.resolve("shared"));
    Path precious = Files.writeString(shared.resolve("precious"), "keep me");
    Up up = coracle.up();
    try {
      runPod(
          coracle,
          "mounted",
          """
                volumeMounts:
                - {name: shared, mountPath: /mnt/shared}
                - {name: memory, mountPath: /mnt/memory}
              volumes:
              - {name: shared, hostPath: {path: %s}}
              - {name: memory, emptyDir: {medium: Memory}}
            """
              .formatted(shared));
    } finally {
      up.signal("KILL");
    }
    assertThat(up.await()).isEqualTo(137);
    Output reset = coracle.run("reset", "--yes");
    ok(reset);
    assertThat(precious).hasContent("keep me");
    assertThat(coracle.data()).doesNotExist();
    assertThat(coracle.leftovers(marker())).isEmpty();
  }

  @Test
  void up_twoClusters_podsReachTheirOwn() throws Exception {
    CoracleProcess[] clusters = {
      CoracleProcess.in(Files.createDirectories(home.resolve("red"))),
      CoracleProcess.in(Files.createDirectories(home.resolve("blue")))
    };
    String[] names = {"red", "blue"};
    Up red = clusters[0].up();
    Up blue = clusters[1].up();
    try {
      for (int i = 0; i < 2; i++) {
        ok(
            clusters[i].program(
                "kubectl", "create", "configmap", "who", "--from-literal=am-i=" + names[i]));
        ok(
            clusters[i].program(
                "kubectl",
                "create",
                "clusterrolebinding",
                "view",
                "--clusterrole=view",
                "--serviceaccount=default:default"));
        runPod(clusters[i], "asker", "");
      }
      for (int i = 0; i < 2; i++) {
        for (String host :
            new String[] {"kubernetes.default.svc", "kubernetes", "$KUBERNETES_SERVICE_HOST"}) {
          assertThat(askFromInside(clusters[i], host)).contains("\"am-i\": \"" + names[i] + "\"");
        }
      }
    } finally {
      red.signal("TERM");
      blue.signal("TERM");
      int unused = red.await() + blue.await();
    }
    assertThat(clusters[0].leftovers(marker())).isEmpty();
    assertThat(clusters[1].leftovers(marker())).isEmpty();
  }

  private static String askFromInside(CoracleProcess cluster, String host) throws IOException {
    return cluster
        .program(
            "kubectl",
            "exec",
            "asker",
            "--",
            "sh",
            "-c",
            "S=/var/run/secrets/kubernetes.io/serviceaccount;"
                + " curl -sS --max-time 120 --cacert $S/ca.crt"
                + " -H \"Authorization: Bearer $(cat $S/token)\" https://"
                + host
                + "/api/v1/namespaces/default/configmaps/who")
        .text();
  }
}
