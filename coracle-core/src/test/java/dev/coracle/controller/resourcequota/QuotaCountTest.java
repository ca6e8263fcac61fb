package dev.coracle.controller.resourcequota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.client.quota.QuotaUsage;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuotaCountTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private static KubeObject quota(String spec) {
    return Make.object(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: ns}, spec: {%s}}"
            .formatted(spec));
  }

  private static KubeObject pod(String spec, String status, String metadata) {
    return Make.object(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ns%s}, spec: {%s}, status: {%s}}"
            .formatted(metadata, spec, status));
  }

  private static String count(KubeObject quota, String name, KubeObject... objects) {
    String resource = QuotaUsage.resourceOf(name);
    assertThat(resource).isNotNull();
    Quantity sum = QuotaCount.of(quota, name, resource, List.of(objects), NOW);
    return sum.toString();
  }

  private static final String CONTAINERS =
      "containers: [{name: c, resources: {requests: {cpu: 500m, memory: 1Gi, example.com/gpu: 3},"
          + " limits: {cpu: '1'}}}]";

  @Test
  void pods_finished_countAsObjectsOnly() {
    KubeObject running = pod(CONTAINERS, "phase: Running", "");
    KubeObject done = pod(CONTAINERS, "phase: Succeeded", "");
    assertThat(count(quota(""), "pods", running, done)).isEqualTo("1");
    assertThat(count(quota(""), "count/pods", running, done)).isEqualTo("2");
    assertThat(count(quota(""), "requests.cpu", running, done)).isEqualTo("500m");
    assertThat(count(quota(""), "limits.cpu", running, running)).isEqualTo("2");
    assertThat(count(quota(""), "requests.example.com/gpu", running)).isEqualTo("3");
  }

  @Test
  void pods_deletedLongAgo_useNothing() {
    KubeObject overdue =
        pod(
            CONTAINERS,
            "phase: Running",
            ", deletionTimestamp: '2026-01-01T00:59:00Z', deletionGracePeriodSeconds: 30");
    KubeObject leaving =
        pod(
            CONTAINERS,
            "phase: Running",
            ", deletionTimestamp: '2026-01-01T00:59:45Z', deletionGracePeriodSeconds: 30");
    assertThat(count(quota(""), "pods", overdue, leaving)).isEqualTo("1");
    assertThat(count(quota(""), "count/pods", overdue, leaving)).isEqualTo("2");
  }

  @Test
  void scopes_onlyMatchingPodsCount() {
    KubeObject burst = pod(CONTAINERS, "", "");
    KubeObject best = pod("containers: [{name: c}]", "", "");
    KubeObject ends = pod("activeDeadlineSeconds: 5, priorityClassName: high", "", "");
    assertThat(count(quota("scopes: [BestEffort]"), "pods", burst, best, ends)).isEqualTo("2");
    assertThat(count(quota("scopes: [NotBestEffort]"), "pods", burst, best, ends)).isEqualTo("1");
    assertThat(count(quota("scopes: [Terminating]"), "pods", burst, best, ends)).isEqualTo("1");
    assertThat(count(quota("scopes: [NotTerminating]"), "pods", burst, best, ends)).isEqualTo("2");
    assertThat(
            count(
                quota(
                    "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}"),
                "pods",
                burst,
                best,
                ends))
        .isEqualTo("1");
  }

  @Test
  void services_portsAndBalancers_countByType() {
    KubeObject balancer =
        Make.object(
            "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {type: LoadBalancer, ports: [{port: 1}, {port: 2}]}}");
    KubeObject plain =
        Make.object(
            "{apiVersion: v1, kind: Service, metadata: {name: t, namespace: ns}, spec: {type: ClusterIP, ports: [{port: 1}]}}");
    assertThat(count(quota(""), "services", balancer, plain)).isEqualTo("2");
    assertThat(count(quota(""), "services.loadbalancers", balancer, plain)).isEqualTo("1");
    assertThat(count(quota(""), "services.nodeports", balancer, plain)).isEqualTo("2");
  }

  @Test
  void claims_byClass_andNotLessThanWhatIsAllocated() {
    KubeObject claim =
        Make.object(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: c, namespace: ns}
            spec: {storageClassName: fast, resources: {requests: {storage: 1Gi}}}
            status: {allocatedResources: {storage: 3Gi}}
            """);
    assertThat(count(quota(""), "requests.storage", claim)).isEqualTo("3Gi");
    assertThat(count(quota(""), "fast.storageclass.storage.k8s.io/requests.storage", claim))
        .isEqualTo("3Gi");
    assertThat(count(quota(""), "slow.storageclass.storage.k8s.io/persistentvolumeclaims", claim))
        .isEqualTo("0");
  }
}
