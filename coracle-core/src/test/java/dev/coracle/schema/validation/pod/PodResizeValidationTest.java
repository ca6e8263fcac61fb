package dev.coracle.schema.validation.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.schema.validation.Validation;
import dev.coracle.schema.validation.field.Causes;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The cases of Kubernetes' e2e test "apply invalid resize patch requests". */
class PodResizeValidationTest {

  private static final String QUALITY = "Pod QOS Class may not change as a result of resizing";

  private static ObjectNode pod(String... containers) {
    return Causes.object(
        "v1", "Pod", "{\"spec\":{\"containers\":[" + String.join(",", containers) + "]}}");
  }

  private static String container(String name, String resources) {
    return "{\"name\":\"" + name + "\",\"image\":\"i\",\"resources\":{" + resources + "}}";
  }

  private static List<String> resize(ObjectNode before, ObjectNode after) {
    before.putObject("status").put("qosClass", QualityOfService.of(before.path("spec")));
    after.set("status", before.path("status"));
    return Causes.strings(Validation.resizePod(after, before));
  }

  private static List<String> resize(String before, String after) {
    return resize(pod(container("c", before)), pod(container("c", after)));
  }

  private static String all(String cpu, String memory) {
    String list = "{\"cpu\":\"" + cpu + "\",\"memory\":\"" + memory + "\"}";
    return "\"requests\":" + list + ",\"limits\":" + list;
  }

  @Test
  void otherAmounts_passWithinTheClassOfService() {
    assertThat(resize(all("1", "1Gi"), all("2", "512Mi"))).isEmpty();
    assertThat(
            resize(
                "\"requests\":{\"cpu\":\"1\"}",
                "\"requests\":{\"cpu\":\"2\",\"memory\":\"1Mi\"},\"limits\":{\"cpu\":\"3\"}"))
        .isEmpty();
  }

  @Test
  void anotherClassOfService_isRefused() {
    assertThat(resize("", "\"requests\":{\"cpu\":\"1\"}"))
        .containsExactly("spec: Invalid value: \"BestEffort\": " + QUALITY);
    assertThat(
            resize(
                "\"requests\":{\"cpu\":\"1\",\"memory\":\"1Mi\"},"
                    + "\"limits\":{\"cpu\":\"2\",\"memory\":\"1Mi\"}",
                all("2", "1Mi")))
        .containsExactly("spec: Invalid value: \"Burstable\": " + QUALITY);
  }

  @Test
  void whatWasSet_staysSet() {
    assertThat(
            resize(
                "\"requests\":{\"cpu\":\"1\",\"memory\":\"1Mi\"},\"limits\":{\"cpu\":\"2\"}",
                "\"requests\":{\"cpu\":\"1\"}"))
        .containsExactly(
            "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
            "spec.containers[0].resources.requests: Forbidden: resource requests cannot be"
                + " removed");
  }

  @Test
  void containers_keepNamesAndOrder() {
    String a = container("a", "\"requests\":{\"cpu\":\"1\"}");
    String b = container("b", "\"requests\":{\"cpu\":\"1\"}");
    String renamed = "Forbidden: containers may not be renamed or reordered on resize";
    assertThat(resize(pod(a, b), pod(b, a)))
        .containsExactly(
            "spec.containers[0].name: " + renamed, "spec.containers[1].name: " + renamed);
    assertThat(resize(pod(a, b), pod(a)))
        .containsExactly(
            "spec.containers: Forbidden: containers may not be added or removed on resize");
  }

  @Test
  void otherResources_areRefused() {
    assertThat(
            resize(
                "\"requests\":{\"cpu\":\"1\",\"ephemeral-storage\":\"1\"}",
                "\"requests\":{\"cpu\":\"1\",\"ephemeral-storage\":\"3\"}"))
        .containsExactly("spec: Forbidden: only cpu and memory resources are mutable");
    assertThat(
            resize(
                all("1", "1Mi"),
                all("1", "1Mi").replace("limits\":{\"cpu\":\"1\"", "limits\":{\"cpu\":\"500m\"")))
        .contains(
            "spec.containers[0].resources.requests: Invalid value: \"1\": must be less than or"
                + " equal to cpu limit of 500m");
  }

  @Test
  void initContainers_onlySidecarsMayChange() {
    for (boolean sidecar : new boolean[] {false, true}) {
      ObjectNode before = pod(container("c", ""));
      ObjectNode after = before.deepCopy();
      String init =
          "{\"name\":\"i\",\"image\":\"i\""
              + (sidecar ? ",\"restartPolicy\":\"Always\"" : "")
              + ",\"resources\":{\"requests\":{\"cpu\":\"%s\"}}}";
      before.withObjectProperty("spec").set("initContainers", list(init.formatted("1")));
      after.withObjectProperty("spec").set("initContainers", list(init.formatted("2")));
      List<String> causes = resize(before, after);
      if (sidecar) {
        assertThat(causes).isEmpty();
      } else {
        assertThat(causes)
            .containsExactly(
                "spec: Forbidden: resources for non-sidecar init containers are immutable");
      }
    }
  }

  private static com.fasterxml.jackson.databind.JsonNode list(String container) {
    return Causes.object(
            "v1", "Pod", "{\"spec\":{\"containers\":[],\"initContainers\":[" + container + "]}}")
        .path("spec")
        .path("initContainers");
  }
}
