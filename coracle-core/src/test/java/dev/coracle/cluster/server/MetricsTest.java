package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.paths.HealthChecks;
import dev.coracle.cluster.TestCluster;
import dev.coracle.store.engine.MemoryStore;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics of a whole server, with the names that dashboards of Kubernetes look for. */
class MetricsTest {

  @TempDir private static Path directory;
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.simulated(directory);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static String get(String path) throws Exception {
    TestCluster.Output output = cluster.kubectl("get", "--raw", path);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  @Test
  void metrics_ofAllParts_areThere() throws Exception {
    cluster.kubectl("create", "deployment", "web", "--image=x");
    ProcessBuilder watching = new ProcessBuilder("kubectl", "get", "pods", "--watch");
    watching.environment().put("KUBECONFIG", cluster.kubeconfig().toString());
    watching.environment().put("HOME", directory.toString());
    watching.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Process watch = watching.start();
    try {
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(get("/metrics"))
                      .contains(
                          "scheduler_schedule_attempts_total{profile=\"default-scheduler\",result=\"scheduled\"} 1",
                          "apiserver_longrunning_requests{verb=\"WATCH\",group=\"\",version=\"v1\",resource=\"pods\"",
                          "apiserver_watch_events_total{group=\"\",version=\"v1\",resource=\"pods\"}"));
    } finally {
      watch.destroy();
    }
    String metrics = get("/metrics");
    for (String start :
        List.of(
            "apiserver_request_total{verb=\"POST\",dry_run=\"\",group=\"apps\",version=\"v1\",resource=\"deployments\",subresource=\"\",scope=\"resource\",component=\"apiserver\",code=\"201\"} 1",
            "apiserver_request_duration_seconds_bucket{verb=\"LIST\"",
            "apiserver_request_sli_duration_seconds_count{verb=\"POST\",group=\"apps\"",
            "apiserver_response_sizes_sum{verb=\"GET\"",
            "apiserver_current_inflight_requests{request_kind=\"readOnly\"}",
            "apiserver_longrunning_requests{verb=\"WATCH\",group=\"\",version=\"v1\",resource=\"pods\"",
            "apiserver_watch_events_total{group=\"\",version=\"v1\",resource=\"pods\"}",
            "apiserver_storage_objects{resource=\"deployments.apps\"} 1",
            "apiserver_resource_objects{group=\"apps\",resource=\"deployments\"} 1",
            "apiserver_admission_controller_admission_duration_seconds_count{name=\"NamespaceLifecycle\",operation=\"CREATE\",rejected=\"false\",type=\"admit\"}",
            "apiserver_admission_step_admission_duration_seconds_count{operation=\"CREATE\",rejected=\"false\",type=\"validate\"}",
            "authenticated_user_requests{username=\"other\"}",
            "authentication_attempts{result=\"success\"}",
            "authorization_attempts_total{result=\"allowed\"}",
            "etcd_request_duration_seconds_count{operation=\"create\",group=\"apps\",resource=\"deployments\"} 1",
            "kubernetes_build_info{",
            "process_cpu_seconds_total ",
            "process_resident_memory_bytes ",
            "process_start_time_seconds ",
            "scheduler_pending_pods{queue=\"active\"} 0",
            "workqueue_adds_total{name=\"deployment",
            "workqueue_depth{name=\"replicaset",
            "workqueue_work_duration_seconds_count{name=\"")) {
      assertThat(metrics).contains("\n" + start);
    }
    assertThat(get("/metrics/slis"))
        .contains("kubernetes_healthcheck{name=\"ping\",type=\"livez\"} 1")
        .doesNotContain("apiserver_request_total");
  }

  @Test
  void strangePaths_makeNoLabels() throws Exception {
    for (String path :
        List.of(
            "/apis/strange.group/v7/things",
            "/api/v1/strange-things/x",
            "/strange-path/canary",
            "/api/v1/pods/x/strange-sub")) {
      cluster.kubectl("get", "--raw", path);
    }

    assertThat(get("/metrics")).doesNotContain("strange");
  }

  @Test
  void readyz_verbose_namesTheChecksOfAKubeApiServer() throws Exception {
    assertThat(get("/readyz?verbose").lines().toList())
        .startsWith("[+]ping ok", "[+]log ok", "[+]etcd ok")
        .contains(
            "[+]informer-sync ok",
            "[+]poststarthook/crd-informer-synced ok",
            "[+]poststarthook/rbac/bootstrap-roles ok",
            "[+]poststarthook/scheduling/bootstrap-system-priority-classes ok",
            "[+]poststarthook/apiservice-registration-controller ok",
            "[+]autoregister-completion ok")
        .endsWith("[+]shutdown ok", "readyz check passed");
    assertThat(get("/livez/etcd")).isEqualTo("ok");
    assertThat(get("/livez?verbose")).doesNotContain("]informer-sync", "]shutdown");
  }

  @Test
  void aStepOfTheStart_isUnhealthyUntilItIsOver() {
    HealthChecks checks = new HealthChecks();
    ServerHealth steps = new ServerHealth(checks, new MemoryStore());
    assertThat(checks.failures("livez"))
        .containsKey("poststarthook/rbac/bootstrap-roles")
        .doesNotContainKey("etcd");
    for (ServerHealth.Step step : ServerHealth.Step.values()) {
      steps.finished(step);
    }
    assertThat(checks.failures("readyz")).isEmpty();
    steps.close();
    assertThat(checks.failures("readyz")).containsOnlyKeys("shutdown");
    assertThat(checks.failures("livez")).isEmpty();
  }

  @Test
  void metrics_areForThoseWhoMay() throws Exception {
    TestCluster.Output output =
        cluster.kubectl("get", "--raw", "/metrics", "--as=nobody", "--as-group=strangers");

    assertThat(output.text())
        .contains("User \"nobody\" cannot get path \"/metrics\"")
        .doesNotContain("apiserver_request_total");
  }
}
