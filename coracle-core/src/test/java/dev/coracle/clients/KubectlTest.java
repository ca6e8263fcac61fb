package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.cluster.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An afternoon with the machine's kubectl. */
class KubectlTest {

  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: %1$s}
      spec:
        replicas: 2
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: host, command: [sleep, "%2$s"]}
      """;

  @TempDir private static Path directory;
  private static TestCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(
        new ProcessBuilder("sh", "-c", "command -v kubectl").start().waitFor() == 0,
        "kubectl is not installed");
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "Pods in namespaces of their own need root");
    cluster = TestCluster.start(directory);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static String kubectl(String... arguments) throws IOException, InterruptedException {
    return succeeded(cluster.kubectl(arguments));
  }

  private static String apply(String yaml, String... arguments) throws Exception {
    String[] all = new String[arguments.length + 3];
    all[0] = "apply";
    all[1] = "-f";
    all[2] = "-";
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return succeeded(cluster.kubectlWithInput(yaml, all));
  }

  private static String succeeded(TestCluster.Output output) {
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text().strip();
  }

  @Test
  void configMap_createGetLabelAnnotateDelete_saysWhatKubectlSays() throws Exception {
    assertThat(kubectl("create", "configmap", "settings", "--from-literal=color=blue"))
        .isEqualTo("configmap/settings created");
    TestCluster.Output again = cluster.kubectl("create", "configmap", "settings");
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.text())
        .contains("error: failed to create configmap: configmaps \"settings\" already exists");
    assertThat(kubectl("get", "configmap", "settings", "-o", "jsonpath={.data.color}"))
        .isEqualTo("blue");
    assertThat(kubectl("label", "configmap", "settings", "tier=front"))
        .isEqualTo("configmap/settings labeled");
    assertThat(kubectl("annotate", "configmap", "settings", "note=hello"))
        .isEqualTo("configmap/settings annotated");
    assertThat(kubectl("get", "configmap", "-l", "tier=front", "-o", "name"))
        .isEqualTo("configmap/settings");
    assertThat(kubectl("label", "configmap", "settings", "tier-"))
        .isEqualTo("configmap/settings unlabeled");
    assertThat(
            kubectl(
                "patch",
                "configmap",
                "settings",
                "--type=json",
                "-p",
                "[{\"op\":\"replace\",\"path\":\"/data/color\",\"value\":\"red\"}]"))
        .isEqualTo("configmap/settings patched");
    assertThat(kubectl("get", "cm", "settings", "-o", "jsonpath={.data.color}")).isEqualTo("red");
    assertThat(kubectl("delete", "configmap", "settings"))
        .isEqualTo("configmap \"settings\" deleted");
    assertThat(cluster.kubectl("get", "configmap", "settings").text())
        .contains("Error from server (NotFound): configmaps \"settings\" not found");
  }

  @Test
  void deployment_applyScaleRollOutUndo_podsFollow() throws Exception {
    assertThat(apply(DEPLOYMENT.formatted("web", "6000"))).isEqualTo("deployment.apps/web created");
    assertThat(apply(DEPLOYMENT.formatted("web", "6000")))
        .isEqualTo("deployment.apps/web unchanged");
    assertThat(kubectl("rollout", "status", "deployment/web", "--timeout=2m"))
        .endsWith("deployment \"web\" successfully rolled out");
    assertThat(kubectl("get", "deployment", "web"))
        .matches("(?s)NAME +READY +UP-TO-DATE +AVAILABLE +AGE\\s+web +2/2 +2 +2 +\\S+");

    assertThat(kubectl("scale", "deployment", "web", "--replicas=3"))
        .isEqualTo("deployment.apps/web scaled");
    assertThat(
            kubectl(
                "wait",
                "--for=jsonpath={.status.readyReplicas}=3",
                "deployment/web",
                "--timeout=2m"))
        .isEqualTo("deployment.apps/web condition met");

    assertThat(apply(DEPLOYMENT.formatted("web", "7000")))
        .isEqualTo("deployment.apps/web configured");
    kubectl("rollout", "status", "deployment/web", "--timeout=2m");
    assertThat(kubectl("rollout", "history", "deployment/web").lines().toList())
        .anyMatch(line -> line.startsWith("1 "))
        .anyMatch(line -> line.startsWith("2 "));
    assertThat(kubectl("rollout", "undo", "deployment/web"))
        .isEqualTo("deployment.apps/web rolled back");
    kubectl("rollout", "status", "deployment/web", "--timeout=2m");
    assertThat(
            kubectl(
                "get",
                "deployment",
                "web",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].command}"))
        .isEqualTo("[\"sleep\",\"6000\"]");
    assertThat(kubectl("describe", "deployment", "web"))
        .contains("StrategyType:", "RollingUpdateStrategy:", "ScalingReplicaSet");
    assertThat(kubectl("delete", "deployment", "web")).isEqualTo("deployment.apps \"web\" deleted");
    await()
        .until(
            () ->
                kubectl("get", "pods", "-l", "app=web", "-o", "name").isEmpty()
                    || kubectl("get", "pods", "-l", "app=web").startsWith("No resources found"));
  }

  @Test
  void pod_runWaitDescribeDelete_isSeenRunning() throws Exception {
    assertThat(kubectl("run", "hello", "--image=host", "--command", "--", "sleep", "6000"))
        .isEqualTo("pod/hello created");
    assertThat(kubectl("wait", "--for=condition=Ready", "pod/hello", "--timeout=2m"))
        .isEqualTo("pod/hello condition met");
    assertThat(kubectl("get", "pod", "hello"))
        .matches("(?s)NAME +READY +STATUS +RESTARTS +AGE\\s+hello +1/1 +Running +0 +\\S+");
    assertThat(kubectl("describe", "pod", "hello"))
        .contains("Service Account:", "Image:", "host", "Scheduled", "Successfully assigned");
    assertThat(kubectl("delete", "pod", "hello", "--now", "--wait=true")).contains("deleted");
    assertThat(cluster.kubectl("get", "pod", "hello").exitCode()).isEqualTo(1);
  }

  @Test
  void edit_byAnEditorScript_changesTheObject() throws Exception {
    kubectl("create", "configmap", "edited", "--from-literal=word=before");
    Path editor = directory.resolve("editor.sh");
    Files.writeString(editor, "#!/bin/sh\nsed -i 's/word: before/word: after/' \"$1\"\n");
    Files.setPosixFilePermissions(editor, PosixFilePermissions.fromString("rwxr-xr-x"));
    ProcessBuilder edit =
        new ProcessBuilder(
            "kubectl", "--kubeconfig", cluster.kubeconfig().toString(), "edit", "cm", "edited");
    edit.environment().put("KUBE_EDITOR", editor.toString());
    edit.environment().put("HOME", directory.toString());
    Path output = directory.resolve("edit.out");
    Process process = edit.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(process.waitFor()).as(Files.readString(output)).isZero();
    assertThat(Files.readString(output).strip()).isEqualTo("configmap/edited edited");
    assertThat(kubectl("get", "cm", "edited", "-o", "jsonpath={.data.word}")).isEqualTo("after");
  }

  @Test
  void apply_manyAtOnceThenPruneOne_restStays() throws Exception {
    String both =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: first, labels: {set: pair}}
        data: {a: "1", b: "2"}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: second, labels: {set: pair}}
        """;
    assertThat(apply(both).lines()).hasSize(2).allMatch(line -> line.endsWith(" created"));
    String one =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: first, labels: {set: pair}}
        data: {a: "3"}
        """;
    assertThat(
            succeeded(
                cluster.kubectlWithInput(one, "diff", "-f", "-").exitCode() == 1
                    ? new TestCluster.Output(0, "differs")
                    : new TestCluster.Output(2, "no difference found")))
        .isEqualTo("differs");
    assertThat(apply(one, "--prune", "-l", "set=pair", "--prune-allowlist=core/v1/ConfigMap"))
        .contains("configmap/first configured", "configmap/second pruned");
    assertThat(kubectl("get", "cm", "first", "-o", "jsonpath={.data}")).isEqualTo("{\"a\":\"3\"}");
  }

  @Test
  void explainAndApiResources_known_areShown() throws Exception {
    assertThat(kubectl("explain", "pod.spec.containers.image"))
        .contains("KIND:       Pod", "FIELD: image <string>", "Container image name");
    assertThat(kubectl("api-resources", "--namespaced=true", "-o", "name").lines())
        .contains("pods", "deployments.apps", "jobs.batch", "configmaps");
    assertThat(kubectl("api-versions").lines()).contains("v1", "apps/v1", "batch/v1");
    assertThat(kubectl("get", "--raw", "/readyz")).isEqualTo("ok");
    assertThat(kubectl("auth", "can-i", "create", "pods")).isEqualTo("yes");
    assertThat(kubectl("version")).contains("Server Version: v1.36");
  }

  @Test
  void unknownField_strictCreate_isRefused() throws Exception {
    TestCluster.Output field =
        cluster.kubectlWithInput(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\ndat: {a: b}\n",
            "create",
            "-f",
            "-");
    assertThat(field.exitCode()).isEqualTo(1);
    assertThat(field.text()).contains("unknown field \"dat\"");
  }
}
