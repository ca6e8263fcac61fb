package dev.coracle.client.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ViewTest {

  private static final String POD =
      """
      {"kind":"Pod","apiVersion":"v1",
       "metadata":{"name":"web","namespace":"shop","labels":{"app":"web"},"generation":3},
       "spec":{"nodeName":"n1","hostNetwork":true,"activeDeadlineSeconds":5,
         "containers":[{"name":"c","image":"nginx",
           "ports":[{"containerPort":80}],
           "resources":{"limits":{"cpu":"500m","memory":1024}},
           "livenessProbe":{"httpGet":{"port":"http"}}}]}}
      """;

  private static Pod pod() {
    return Pod.of(KubeObject.of(POD.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void accessors_fieldsThatAreThere_readThem() {
    Pod pod = pod();
    assertThat(pod.metadata().name()).isEqualTo("web");
    assertThat(pod.metadata().labels()).containsExactly(Map.entry("app", "web"));
    assertThat(pod.metadata().generation()).isEqualTo(3L);
    assertThat(pod.spec().hostNetwork()).isTrue();
    Container container = pod.spec().containers().getFirst();
    assertThat(container.ports().getFirst().containerPort()).isEqualTo(80);
    assertThat(container.resources().limits())
        .containsExactly(Map.entry("cpu", "500m"), Map.entry("memory", "1024"));
    assertThat(container.livenessProbe().httpGet().port().asText()).isEqualTo("http");
  }

  @Test
  void accessors_fieldsThatAreAbsent_areNullOrEmptyButNeverNullObjects() {
    Pod pod = pod();
    assertThat(pod.status().isPresent()).isFalse();
    assertThat(pod.status().phase()).isNull();
    assertThat(pod.status().conditions()).isEmpty();
    assertThat(pod.spec().securityContext().seccompProfile().type()).isNull();
    assertThat(pod.spec().nodeSelector()).isEmpty();
    assertThat(pod.spec().terminationGracePeriodSeconds()).isNull();
    assertThat(pod.spec().containers().getFirst().readinessProbe().httpGet().port().isMissingNode())
        .isTrue();
  }

  @Test
  void accessors_collections_cannotBeChanged() {
    assertThatThrownBy(() -> pod().metadata().labels().put("a", "b"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> pod().spec().containers().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void with_changesACopyThatSharesTheRest() {
    Pod before = pod();
    ObjectNode unchanged = before.node().deepCopy();
    Pod after = before.withSpec(before.spec().withNodeName("n2").withHostNetwork(null));
    assertThat(before.node()).isEqualTo(unchanged);
    assertThat(after.spec().nodeName()).isEqualTo("n2");
    assertThat(after.spec().hostNetwork()).isNull();
    assertThat(after.node().get("metadata")).isSameAs(before.node().get("metadata"));
    assertThat(after.spec().node().get("containers"))
        .isSameAs(before.spec().node().get("containers"));
  }

  @Test
  void empty_kind_buildsAnObject() {
    Deployment deployment =
        Deployment.empty()
            .withMetadata(ObjectMeta.empty().withName("d").withLabels(Map.of("a", "b")))
            .withSpec(
                DeploymentSpec.empty()
                    .withReplicas(2)
                    .withTemplate(
                        PodTemplateSpec.empty()
                            .withSpec(
                                PodSpec.empty()
                                    .withContainers(
                                        List.of(
                                            Container.empty()
                                                .withName("c")
                                                .withArgs(List.of("x", "y")))))));
    assertThat(deployment.node())
        .isEqualTo(
            Json.read(
                """
                {"kind":"Deployment","apiVersion":"apps/v1",
                 "metadata":{"name":"d","labels":{"a":"b"}},
                 "spec":{"replicas":2,
                   "template":{"spec":{"containers":[{"name":"c","args":["x","y"]}]}}}}
                """));
  }

  @Test
  void equals_sameTree_isEqual() {
    assertThat(pod()).isEqualTo(pod()).hasSameHashCodeAs(pod());
    assertThat(pod()).isNotEqualTo(pod().withKind("Other"));
  }
}
