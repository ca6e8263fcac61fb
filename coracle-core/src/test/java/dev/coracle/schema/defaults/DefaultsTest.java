package dev.coracle.schema.defaults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefaultsTest {

  /** Applies defaults twice: the second time must change nothing. */
  private static ObjectNode defaulted(String apiVersion, String kind, String json) {
    ObjectNode object = Json.readObject(json.getBytes(StandardCharsets.UTF_8));
    GroupVersionKind gvk = GroupVersionKind.of(apiVersion, kind);
    Defaults.apply(gvk, object);
    ObjectNode again = object.deepCopy();
    Defaults.apply(gvk, again);
    assertThat(again).isEqualTo(object);
    return object;
  }

  private static JsonNode json(String text) {
    return Json.read(text);
  }

  @Test
  void pod_oneContainer_getsEveryPodDefault() {
    ObjectNode pod =
        defaulted("v1", "Pod", "{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"x:1\"}]}}");
    assertThat(pod)
        .isEqualTo(
            json(
                """
                {"spec":{"containers":[{"name":"a","image":"x:1","resources":{},
                  "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
                  "imagePullPolicy":"IfNotPresent"}],
                  "enableServiceLinks":true,"dnsPolicy":"ClusterFirst","restartPolicy":"Always",
                  "securityContext":{},"terminationGracePeriodSeconds":30,
                  "schedulerName":"default-scheduler"},"status":{}}"""));
  }

  @Test
  void pod_givenValues_stay() {
    ObjectNode pod =
        defaulted(
            "v1",
            "Pod",
            """
            {"spec":{"restartPolicy":"Never","terminationGracePeriodSeconds":0,
             "enableServiceLinks":false,"containers":[{"name":"a","imagePullPolicy":"Never"}]}}""");
    assertThat(pod.at("/spec/restartPolicy").asText()).isEqualTo("Never");
    assertThat(pod.at("/spec/terminationGracePeriodSeconds").asInt()).isZero();
    assertThat(pod.at("/spec/enableServiceLinks").asBoolean()).isFalse();
    assertThat(pod.at("/spec/containers/0/imagePullPolicy").asText()).isEqualTo("Never");
  }

  @ParameterizedTest
  @CsvSource({
    "app, Always",
    "app:latest, Always",
    "app:1, IfNotPresent",
    "host:5000/app, Always",
    "host:5000/app:2, IfNotPresent",
    "app@sha256:00, IfNotPresent",
    "app:latest@sha256:00, Always",
  })
  void pullPolicy_image_followsItsTag(String image, String policy) {
    assertThat(ContainerDefaults.pullPolicy(image)).isEqualTo(policy);
  }

  @Test
  void pod_limits_becomeRequestsInCanonicalForm() {
    ObjectNode pod =
        defaulted(
            "v1",
            "Pod",
            """
            {"spec":{"containers":[{"name":"a","resources":
              {"limits":{"cpu":"0.25","memory":"1024Ki"},"requests":{"cpu":"0.0001"}}}]}}""");
    assertThat(pod.at("/spec/containers/0/resources"))
        .isEqualTo(
            json(
                """
                {"limits":{"cpu":"250m","memory":"1Mi"},"requests":{"cpu":"1m","memory":"1Mi"}}"""));
  }

  @Test
  void pod_podLevelLimits_becomeRequestsUnlessContainersRequest() {
    ObjectNode pod =
        defaulted(
            "v1",
            "Pod",
            """
            {"spec":{"resources":{"limits":{"cpu":"2","memory":"1Gi"}},
             "initContainers":[{"name":"i","resources":{"requests":{"cpu":"900m"}}}],
             "containers":[{"name":"a","resources":{"requests":{"cpu":"300m"}}},
                           {"name":"b","resources":{"requests":{"cpu":"200m"}}}]}}""");
    assertThat(pod.at("/spec/resources/requests"))
        .isEqualTo(json("{\"cpu\":\"900m\",\"memory\":\"1Gi\"}"));
  }

  @Test
  void pod_hostNetwork_takesContainerPorts() {
    ObjectNode pod =
        defaulted(
            "v1",
            "Pod",
            """
            {"spec":{"hostNetwork":true,"containers":[{"name":"a","ports":[{"containerPort":81}]}]}}
            """);
    assertThat(pod.at("/spec/containers/0/ports/0"))
        .isEqualTo(json("{\"containerPort\":81,\"hostPort\":81,\"protocol\":\"TCP\"}"));
  }

  @Test
  void pod_references_getVersionAndDivisor() {
    ObjectNode pod =
        defaulted(
            "v1",
            "Pod",
            """
            {"spec":{"containers":[{"name":"a","env":[
              {"name":"N","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
              {"name":"L","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}],
              "volumes":[{"name":"d","downwardAPI":{"items":[
                {"path":"l","fieldRef":{"fieldPath":"metadata.labels"}}]}}]}}""");
    assertThat(pod.at("/spec/containers/0/env/0/valueFrom/fieldRef/apiVersion").asText())
        .isEqualTo("v1");
    assertThat(pod.at("/spec/containers/0/env/1/valueFrom/resourceFieldRef/divisor").asText())
        .isEqualTo("0");
    assertThat(pod.at("/spec/volumes/0/downwardAPI"))
        .isEqualTo(
            json(
                """
                {"items":[{"path":"l","fieldRef":{"fieldPath":"metadata.labels","apiVersion":"v1"}}],
                 "defaultMode":420}"""));
  }

  @Test
  void pod_volumes_getTheDefaultsOfTheirSource() {
    ObjectNode pod =
        defaulted(
            "v1",
            "Pod",
            """
            {"spec":{"containers":[],"volumes":[{"name":"nothing"},
              {"name":"p","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}},
              {"name":"h","hostPath":{"path":"/x"}},
              {"name":"e","ephemeral":{"volumeClaimTemplate":{"spec":{}}}}]}}""");
    assertThat(pod.at("/spec/volumes/0/emptyDir")).isEqualTo(json("{}"));
    assertThat(pod.at("/spec/volumes/1/projected/sources/0/serviceAccountToken/expirationSeconds"))
        .isEqualTo(json("3600"));
    assertThat(pod.at("/spec/volumes/2/hostPath/type").asText("?")).isEmpty();
    assertThat(pod.at("/spec/volumes/3/ephemeral/volumeClaimTemplate/spec/volumeMode").asText())
        .isEqualTo("Filesystem");
  }

  @Test
  void pod_probes_getTimesAndHttpDefaults() {
    ObjectNode pod =
        defaulted(
            "v1",
            "Pod",
            """
            {"spec":{"containers":[{"name":"a","readinessProbe":{"httpGet":{"port":1}},
              "livenessProbe":{"grpc":{"port":2},"timeoutSeconds":7}}]}}""");
    assertThat(pod.at("/spec/containers/0/readinessProbe"))
        .isEqualTo(
            json(
                """
                {"httpGet":{"port":1,"path":"/","scheme":"HTTP"},"timeoutSeconds":1,
                 "periodSeconds":10,"successThreshold":1,"failureThreshold":3}"""));
    assertThat(pod.at("/spec/containers/0/livenessProbe/timeoutSeconds").asInt()).isEqualTo(7);
    assertThat(pod.at("/spec/containers/0/livenessProbe/grpc/service").asText("?")).isEmpty();
  }

  @Test
  void template_hasNoPodOnlyDefaults() {
    ObjectNode deployment =
        defaulted(
            "apps/v1",
            "Deployment",
            """
            {"spec":{"template":{"spec":{"containers":[
              {"name":"a","image":"x","resources":{"limits":{"cpu":"1"}}}]}}}}""");
    JsonNode spec = deployment.path("spec");
    assertThat(spec.at("/template/spec").has("enableServiceLinks")).isFalse();
    assertThat(spec.at("/template/spec/containers/0/resources").has("requests")).isFalse();
    assertThat(spec.at("/strategy"))
        .isEqualTo(
            json(
                """
                {"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}}
                """));
    assertThat(spec.path("replicas").asInt()).isEqualTo(1);
  }

  @Test
  void job_withoutCounts_runsOnce_andIndexedKeepsItsOwn() {
    ObjectNode once = defaulted("batch/v1", "Job", "{\"spec\":{\"template\":{}}}");
    assertThat(once.at("/spec/completions").asInt()).isEqualTo(1);
    assertThat(once.at("/spec/backoffLimit").asInt()).isEqualTo(6);
    ObjectNode queue =
        defaulted(
            "batch/v1",
            "Job",
            "{\"spec\":{\"parallelism\":3,\"podFailurePolicy\":{\"rules\":[]},\"template\":{}}}");
    assertThat(queue.path("spec").has("completions")).isFalse();
    assertThat(queue.at("/spec/podReplacementPolicy").asText()).isEqualTo("Failed");
  }

  @Test
  void service_types_getTheirPolicies() {
    ObjectNode plain =
        defaulted("v1", "Service", "{\"spec\":{\"ports\":[{\"port\":80,\"nodePort\":0}]}}");
    assertThat(plain)
        .isEqualTo(
            json(
                """
                {"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":80}],
                 "sessionAffinity":"None","type":"ClusterIP","internalTrafficPolicy":"Cluster"},
                 "status":{"loadBalancer":{}}}"""));
    ObjectNode balanced =
        defaulted(
            "v1",
            "Service",
            "{\"spec\":{\"type\":\"LoadBalancer\",\"sessionAffinity\":\"ClientIP\"}}");
    assertThat(balanced.at("/spec/allocateLoadBalancerNodePorts").asBoolean()).isTrue();
    assertThat(balanced.at("/spec/externalTrafficPolicy").asText()).isEqualTo("Cluster");
    assertThat(balanced.at("/spec/sessionAffinityConfig/clientIP/timeoutSeconds").asInt())
        .isEqualTo(10800);
    ObjectNode external = defaulted("v1", "Service", "{\"spec\":{\"type\":\"ExternalName\"}}");
    assertThat(external.path("spec").has("internalTrafficPolicy")).isFalse();
  }

  @Test
  void secret_stringData_overwritesData() {
    ObjectNode secret =
        defaulted(
            "v1",
            "Secret",
            "{\"stringData\":{\"a\":\"ü\"},\"data\":{\"a\":\"eA==\",\"b\":\"eA==\"}}");
    assertThat(secret)
        .isEqualTo(json("{\"data\":{\"a\":\"w7w=\",\"b\":\"eA==\"},\"type\":\"Opaque\"}"));
  }

  @Test
  void limitRange_container_fillsDownwards() {
    ObjectNode range =
        defaulted(
            "v1",
            "LimitRange",
            """
            {"spec":{"limits":[{"type":"Container","max":{"cpu":"2"},"min":{"memory":"1024Ki"}}]}}
            """);
    assertThat(range.at("/spec/limits/0"))
        .isEqualTo(
            json(
                """
                {"type":"Container","max":{"cpu":"2"},"min":{"memory":"1Mi"},
                 "default":{"cpu":"2"},"defaultRequest":{"cpu":"2","memory":"1Mi"}}"""));
  }

  @Test
  void autoscaler_versions_differ() {
    assertThat(
            defaulted("autoscaling/v1", "HorizontalPodAutoscaler", "{}")
                .at("/spec/targetCPUUtilizationPercentage")
                .asInt())
        .isEqualTo(80);
    ObjectNode second =
        defaulted("autoscaling/v2", "HorizontalPodAutoscaler", "{\"spec\":{\"behavior\":{}}}");
    assertThat(second.at("/spec/behavior/scaleDown/policies"))
        .isEqualTo(json("[{\"type\":\"Percent\",\"value\":100,\"periodSeconds\":15}]"));
    assertThat(second.at("/spec/metrics/0/resource/target/averageUtilization").asInt())
        .isEqualTo(80);
  }

  @Test
  void others_smallDefaults() {
    assertThat(
            defaulted(
                    "rbac.authorization.k8s.io/v1",
                    "RoleBinding",
                    "{\"subjects\":[{\"kind\":\"Group\"},{\"kind\":\"ServiceAccount\"}]}")
                .path("subjects"))
        .isEqualTo(
            json(
                "[{\"kind\":\"Group\",\"apiGroup\":\"rbac.authorization.k8s.io\"},"
                    + "{\"kind\":\"ServiceAccount\"}]"));
    assertThat(
            defaulted("networking.k8s.io/v1", "NetworkPolicy", "{\"spec\":{\"egress\":[{}]}}")
                .at("/spec/policyTypes"))
        .isEqualTo(json("[\"Ingress\",\"Egress\"]"));
    assertThat(
            defaulted(
                    "apiextensions.k8s.io/v1",
                    "CustomResourceDefinition",
                    "{\"spec\":{\"names\":{\"kind\":\"BigBoat\"}}}")
                .at("/spec/names"))
        .isEqualTo(
            json("{\"kind\":\"BigBoat\",\"singular\":\"bigboat\",\"listKind\":\"BigBoatList\"}"));
    assertThat(defaulted("discovery.k8s.io/v1", "EndpointSlice", "{\"endpoints\":[{}]}"))
        .isEqualTo(json("{\"endpoints\":[{\"conditions\":{}}],\"ports\":null}"));
    assertThat(defaulted("example.com/v1", "Boat", "{\"spec\":{}}"))
        .isEqualTo(json("{\"spec\":{}}"));
  }

  @Test
  void apply_wrongTypes_leavesThemForValidation() {
    ObjectNode pod =
        defaulted(
            "v1", "Pod", "{\"spec\":{\"containers\":\"x\",\"securityContext\":7,\"volumes\":[1]}}");
    assertThat(pod.at("/spec/containers").asText()).isEqualTo("x");
    assertThat(pod.at("/spec/securityContext").asInt()).isEqualTo(7);
  }
}
