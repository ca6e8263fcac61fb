package dev.coracle.cluster.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.controller.Conditions;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code metrics.k8s.io} and what scales by it, with simulated Pods that say what they use. */
class AutoscalingTest {

  private static final GroupVersionResource AUTOSCALERS =
      GroupVersionResource.of("autoscaling", "v2", "horizontalpodautoscalers");
  private static final GroupVersionResource DEPLOYMENTS =
      GroupVersionResource.of("apps", "v1", "deployments");
  private static final String DEPLOYMENT =
      """
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2,
      "selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"},"annotations":{
      "metrics.coracle.dev/cpu":"app=190m,side=10m","metrics.coracle.dev/memory":"64Mi"}},"spec":{"containers":[
      {"name":"app","image":"i","resources":{"requests":{"cpu":"90m"}}},
      {"name":"side","image":"i","resources":{"requests":{"cpu":"10m"}}}]}}}}
      """;

  @TempDir private Path directory;
  private TestCluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster =
        TestCluster.start(
            TestCluster.options(
                    directory, ClusterOptions.Runtime.SIMULATED, ClusterOptions.Part.ALL)
                .toBuilder()
                .turnableClock(true)
                .build());
    run(DEPLOYMENT, "create", "-f", "-");
    run("", "rollout", "status", "deployment/web", "--timeout=2m");
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private String run(String input, String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectlWithInput(input, arguments);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  private void turn(String by) throws Exception {
    assertThat(run("{\"advance\":\"" + by + "\"}", "create", "--raw", "/coracle/clock", "-f", "-"))
        .isNotEmpty();
  }

  private static String reason(KubeObject autoscaler, String type) {
    var condition = Conditions.find(autoscaler.at("status", "conditions"), type);
    return condition == null ? "" : condition.path("reason").asText();
  }

  private int replicas() {
    return cluster.client().get(DEPLOYMENTS, "default", "web").at("spec", "replicas").asInt();
  }

  @Test
  void top_podsSayWhatTheyUse_isShown() throws Exception {
    assertThat(run("", "top", "pod", "-l", "app=web", "--no-headers").lines())
        .hasSize(2)
        .allMatch(line -> line.matches("web-\\S+ +200m +128Mi *"));
    assertThat(run("", "top", "pod", "--containers", "--no-headers").lines())
        .hasSize(4)
        .anyMatch(line -> line.matches("web-\\S+ +app +190m +64Mi *"));
    assertThat(run("", "top", "pod", "-l", "app=other")).contains("No resources found");
    assertThat(run("", "top", "node", "--no-headers")).containsPattern("test-node +400m .* 256Mi ");
    assertThat(run("", "get", "podmetrics")).containsPattern("NAME +CPU +MEMORY +WINDOW");
    assertThat(run("", "api-resources", "--api-group=metrics.k8s.io", "-o", "name"))
        .contains("nodes.metrics.k8s.io", "pods.metrics.k8s.io");
    await()
        .untilAsserted(
            () ->
                assertThat(run("", "get", "apiservice", "v1beta1.metrics.k8s.io"))
                    .containsPattern("Local +True"));
    assertThat(
            Json.read(run("", "get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes/test-node"))
                .path("usage")
                .path("cpu")
                .asText())
        .isEqualTo("400m");
    TestCluster.Output missing =
        cluster.kubectl("get", "--raw", "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/no");
    assertThat(missing.text()).contains("pods \"default/no\" not found");
    assertThat(cluster.kubectl("delete", "podmetrics", "no").exitCode()).isNotZero();
  }

  @Test
  void autoscale_usageAboveTarget_scalesUpThenDownAfterTheWindow() throws Exception {
    run("", "autoscale", "deployment", "web", "--cpu-percent=50", "--min=1", "--max=6");
    await().until(() -> cluster.client().find(AUTOSCALERS, "default", "web") != null);
    // A Pod's first minutes say little of it, and readings before it was ready nothing.
    turn("6m");
    await().until(() -> replicas() == 6);
    turn("16s");
    await()
        .until(
            () ->
                reason(cluster.client().get(AUTOSCALERS, "default", "web"), "ScalingLimited")
                    .equals("TooManyReplicas"));
    KubeObject scaled = cluster.client().get(AUTOSCALERS, "default", "web");
    assertThat(reason(scaled, "ScalingActive")).isEqualTo("ValidMetricFound");
    assertThat(run("", "get", "hpa", "web", "--no-headers")).contains("cpu: 200%/50%");
    await()
        .untilAsserted(
            () ->
                assertThat(run("", "describe", "hpa", "web"))
                    .contains("SuccessfulRescale")
                    .contains(
                        "New size: 4; reason: cpu resource utilization (percentage of request)"
                            + " above target")
                    .contains("New size: 6;"));
    run("", "rollout", "status", "deployment/web", "--timeout=2m");
    run("", "annotate", "pod", "-l", "app=web", "--overwrite", "metrics.coracle.dev/cpu=1m");
    turn("30s");
    await()
        .until(
            () ->
                reason(cluster.client().get(AUTOSCALERS, "default", "web"), "AbleToScale")
                    .equals("ScaleDownStabilized"));
    assertThat(replicas()).isEqualTo(6);
    turn("6m");
    await().until(() -> replicas() == 1);
  }

  @Test
  void autoscale_whatCannotBeHad_isSaid() throws Exception {
    String autoscaler =
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"%s"},"spec":{
        "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"%s"},"maxReplicas":5,"metrics":[
        {"type":"Pods","pods":{"metric":{"name":"queue"},"target":{"type":"AverageValue","averageValue":"5"}}}]}}
        """;
    run(autoscaler.formatted("nothing", "none"), "create", "-f", "-");
    await()
        .untilAsserted(
            () ->
                assertThat(run("", "describe", "hpa", "nothing"))
                    .contains(
                        "the HPA controller was unable to get the target's current scale:"
                            + " deployments.apps \"none\" not found"));
    run(autoscaler.formatted("custom", "web"), "create", "-f", "-");
    await()
        .untilAsserted(
            () ->
                assertThat(run("", "describe", "hpa", "custom"))
                    .contains("FailedGetPodsMetric")
                    .contains(
                        "invalid metrics (1 invalid out of 1), first error is: failed to get pods"
                            + " metric value: unable to get metric queue: unable to fetch metrics"
                            + " from custom metrics API: no custom metrics API"
                            + " (custom.metrics.k8s.io) registered"));
    run(autoscaler.formatted("second", "web"), "create", "-f", "-");
    await()
        .until(
            () ->
                reason(cluster.client().get(AUTOSCALERS, "default", "second"), "ScalingActive")
                    .equals("AmbiguousSelector"));
  }
}
