package dev.coracle.cluster.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.server.ExtensionServer;
import dev.coracle.controller.Conditions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Autoscaling by custom and external metrics, from an adapter that is a real HTTPS server
 * registered by APIServices, as those of monitoring systems are.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetricsAdapterTest {

  private static final GroupVersionResource AUTOSCALERS =
      GroupVersionResource.of("autoscaling", "v2", "horizontalpodautoscalers");
  private static final GroupVersionResource DEPLOYMENTS =
      GroupVersionResource.of("apps", "v1", "deployments");
  private static final String TARGET =
      """
      {"apiVersion":"v1","kind":"List","items":[
      {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"NS"}},
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"NS"},
      "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":
      {"app":"web"}},"spec":{"containers":[{"name":"app","image":"i"}]}}}}]}
      """;

  /** What the adapter answers, by path and query. */
  private final Map<String, String> answers = new ConcurrentHashMap<>();

  /** Who asked, by path and query. */
  private final Map<String, String> asked = new ConcurrentHashMap<>();

  private TestCluster cluster;
  private ExtensionServer adapter;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster = TestCluster.simulated(directory);
    adapter =
        ExtensionServer.start(
            cluster.client(), directory.resolve("data/pki"), "adapter", this::answer);
    adapter.register("custom.metrics.k8s.io", "v1beta2");
    adapter.register("external.metrics.k8s.io", "v1beta1");
  }

  @AfterAll
  void stop() throws Exception {
    if (adapter != null) {
      adapter.close();
    }
    cluster.close();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().toString();
    String[] parts = path.split("/", -1);
    asked.put(path, exchange.getRequestHeaders().getFirst("X-Remote-User"));
    if (parts.length == 4) {
      ExtensionServer.answer(
          exchange,
          200,
          """
          {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"%s/%s","resources":[]}
          """
              .formatted(parts[2], parts[3]));
      return;
    }
    String body = answers.get(path);
    if (body == null) {
      ExtensionServer.answer(
          exchange,
          404,
          """
          {"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,
          "message":"the server could not find the metric %s"}
          """
              .formatted(parts[parts.length - 1].replaceAll("\\?.*", "")));
      return;
    }
    ExtensionServer.answer(exchange, 200, body);
  }

  private String run(String input, String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectlWithInput(input, arguments);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  private void deploy(String namespace) throws Exception {
    run(TARGET.replace("NS", namespace), "create", "-f", "-");
    run("", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=2m");
  }

  private void autoscale(String namespace, String... metrics) throws Exception {
    run(
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},"spec":{
        "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},"minReplicas":1,"maxReplicas":9,
        "metrics":[%s]}}
        """
            .formatted(String.join(",", metrics)),
        "create",
        "-n",
        namespace,
        "-f",
        "-");
  }

  private static String metric(String type, String rest) {
    return "{\"type\":\"%s\",\"%s\":{%s}}"
        .formatted(type, type.toLowerCase(java.util.Locale.ROOT), rest.replace('\'', '"'));
  }

  private KubeObject autoscaler(String namespace) {
    return cluster.client().get(AUTOSCALERS, namespace, "web");
  }

  private void awaitReplicas(String namespace, int replicas) {
    await()
        .untilAsserted(
            () ->
                assertThat(autoscaler(namespace).at("status", "desiredReplicas").asInt())
                    .as(autoscaler(namespace).at("status").toString())
                    .isEqualTo(replicas));
    assertThat(cluster.client().get(DEPLOYMENTS, namespace, "web").at("spec", "replicas").asInt())
        .isEqualTo(replicas);
  }

  private String message(String namespace, String condition) {
    JsonNode found = Conditions.find(autoscaler(namespace).at("status", "conditions"), condition);
    return found == null
        ? ""
        : found.path("reason").asText() + ": " + found.path("message").asText();
  }

  private JsonNode current(String namespace, int index) {
    return autoscaler(namespace).at("status", "currentMetrics").path(index);
  }

  private static String values(String kind, String... namesAndValues) {
    StringBuilder items = new StringBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      items
          .append(i == 0 ? "" : ",")
          .append(
              """
              {"describedObject":{"kind":"%s","name":"%s","apiVersion":"v1"},"metric":{"name":"m"},
              "metricName":"m","metricLabels":{},"timestamp":"2026-01-01T00:00:00Z","value":"%s"}
              """
                  .formatted(kind, namesAndValues[i], namesAndValues[i + 1]));
    }
    return "{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/v1beta2\","
        + "\"metadata\":{},\"items\":["
        + items
        + "]}";
  }

  private String[] pods(String namespace, String value) {
    return cluster
        .client()
        .list(GroupVersionResource.core("pods"), namespace, dev.coracle.api.ListOptions.ALL)
        .items()
        .stream()
        .flatMap(pod -> java.util.stream.Stream.of(pod.name(), value))
        .toArray(String[]::new);
  }

  @Test
  void pods_averageAboveTarget_scalesUp() throws Exception {
    deploy("pods");
    String path =
        "/apis/custom.metrics.k8s.io/v1beta2/namespaces/pods/pods/%2A/queue"
            + "?labelSelector=app%3Dweb&metricLabelSelector=tier%3Dgold";
    answers.put(path, values("Pod", pods("pods", "10")));
    autoscale(
        "pods",
        metric(
            "Pods",
            "'metric':{'name':'queue','selector':{'matchLabels':{'tier':'gold'}}},"
                + "'target':{'type':'AverageValue','averageValue':'5'}"));
    awaitReplicas("pods", 4);
    assertThat(asked)
        .containsEntry(path, "system:serviceaccount:kube-system:horizontal-pod-autoscaler");
    assertThat(message("pods", "ScalingActive"))
        .isEqualTo(
            "ValidMetricFound: the HPA was able to successfully calculate a replica count from"
                + " pods metric queue");
    assertThat(current("pods", 0).toString())
        .isEqualTo(
            """
            {"type":"Pods","pods":{"metric":{"name":"queue","selector":{"matchLabels":{"tier":"gold"}}},
            "current":{"averageValue":"10"}}}"""
                .replace("\n", ""));
    await()
        .untilAsserted(
            () ->
                assertThat(run("", "describe", "hpa", "web", "-n", "pods"))
                    .containsPattern("\"queue\" on pods: +10 / 5")
                    .contains("New size: 4; reason: pods metric queue above target"));
  }

  @Test
  void object_ofServiceAndNamespace_isAskedForByTheirPaths() throws Exception {
    deploy("objects");
    String root = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/objects";
    answers.put(root + "/services/front/hits", values("Service", "front", "2500m"));
    answers.put(root + "/metrics/load", values("Namespace", "objects", "21"));
    autoscale(
        "objects",
        metric(
            "Object",
            "'describedObject':{'kind':'Service','name':'front','apiVersion':'v1'},"
                + "'metric':{'name':'hits'},'target':{'type':'Value','value':'1'}"),
        metric(
            "Object",
            "'describedObject':{'kind':'Namespace','name':'elsewhere','apiVersion':'v1'},"
                + "'metric':{'name':'load'},'target':{'type':'AverageValue','averageValue':'7'}"));
    // 2.5 times two ready Pods are five, which goes before three times seven; four at once at most.
    awaitReplicas("objects", 4);
    assertThat(message("objects", "ScalingActive")).endsWith("from Service metric hits");
    assertThat(message("objects", "ScalingLimited"))
        .isEqualTo(
            "ScaleUpLimit: the desired replica count is increasing faster than the maximum scale"
                + " rate");
    assertThat(current("objects", 0).at("/object/current/value").asText()).isEqualTo("2500m");
    assertThat(current("objects", 1).at("/object/current/averageValue").asText())
        .isEqualTo("10500m");
  }

  @Test
  void external_valuesOfAllSeries_areAddedUp() throws Exception {
    deploy("outside");
    answers.put(
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/outside/jobs?labelSelector=q%20in%20%28a%2Cb%29",
        values("", "a", "4", "b", "5"));
    autoscale(
        "outside",
        metric(
            "External",
            "'metric':{'name':'jobs','selector':{'matchExpressions':[{'key':'q','operator':'In','values':['a','b']}]}},"
                + "'target':{'type':'AverageValue','averageValue':'3'}"));
    awaitReplicas("outside", 3);
    assertThat(message("outside", "ScalingActive"))
        .endsWith(
            "from external metric jobs(&LabelSelector{MatchLabels:map[string]string{},"
                + "MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{"
                + "Key:q,Operator:In,Values:[a b],},},})");
    assertThat(current("outside", 0).at("/external/current/averageValue").asText())
        .isEqualTo("4500m");
  }

  @Test
  void someMetricsUnavailable_othersAskForMore_scalesUpAllTheSame() throws Exception {
    deploy("partly");
    answers.put(
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/partly/jobs", values("", "a", "12"));
    autoscale(
        "partly",
        metric(
            "Object",
            "'describedObject':{'kind':'Service','name':'front','apiVersion':'v1'},"
                + "'metric':{'name':'gone'},'target':{'type':'Value','value':'1'}"),
        metric("External", "'metric':{'name':'jobs'},'target':{'type':'Value','value':'6'}"));
    awaitReplicas("partly", 4);
    assertThat(message("partly", "ScalingActive"))
        .startsWith("ValidMetricFound")
        .endsWith("external metric jobs(nil)");
    assertThat(current("partly", 0).toString()).isEqualTo("{\"type\":\"\"}");
    await()
        .untilAsserted(
            () ->
                assertThat(run("", "events", "-n", "partly", "--for", "hpa/web"))
                    .containsPattern(
                        "FailedGetObjectMetric +HorizontalPodAutoscaler/web +unable to get metric"
                            + " gone: Service on partly front/unable to fetch metrics from custom"
                            + " metrics API: the server could not find the metric gone"));
  }

  @Test
  void someMetricsUnavailable_othersAskForLess_waits() throws Exception {
    deploy("waits");
    answers.put(
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/waits/jobs", values("", "a", "1"));
    autoscale(
        "waits",
        metric("External", "'metric':{'name':'jobs'},'target':{'type':'Value','value':'6'}"),
        metric(
            "External",
            "'metric':{'name':'none'},'target':{'type':'AverageValue','averageValue':'6'}"));
    await()
        .until(
            () ->
                message("waits", "ScalingActive")
                    .equals(
                        "FailedGetExternalMetric: the HPA was unable to compute the replica count:"
                            + " unable to get external metric waits/none/nil: unable to fetch"
                            + " metrics from external metrics API: the server could not find the"
                            + " metric none"));
    await()
        .untilAsserted(
            () ->
                assertThat(run("", "describe", "hpa", "web", "-n", "waits"))
                    .contains(
                        "invalid metrics (1 invalid out of 2), first error is: failed to get none"
                            + " external metric value: failed to get none external metric: unable"
                            + " to get external metric waits/none/nil"));
    assertThat(cluster.client().get(DEPLOYMENTS, "waits", "web").at("spec", "replicas").asInt())
        .isEqualTo(2);
  }
}
