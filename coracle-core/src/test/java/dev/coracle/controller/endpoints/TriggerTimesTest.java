package dev.coracle.controller.endpoints;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.List;
import org.junit.jupiter.api.Test;

class TriggerTimesTest {

  private static final KubeObject SERVICE =
      Make.object(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: web, namespace: ns, creationTimestamp: "2026-01-01T10:00:00Z"}
          """);

  private static KubeObject pod(String name, String since) {
    return Make.object(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: ns}
        status: {conditions: [{type: Ready, status: "True", lastTransitionTime: "%s"}]}
        """
            .formatted(name, since));
  }

  @Test
  void next_isTheServicesCreation_thenTheEarliestChangeOfAPod_thenNothing() {
    TriggerTimes times = new TriggerTimes();
    KubeObject one = pod("one", "2026-01-01T10:00:05Z");
    assertThat(times.next(SERVICE, List.of(one))).isEqualTo("2026-01-01T10:00:00Z");
    assertThat(times.next(SERVICE, List.of(one))).isEmpty();
    KubeObject two = pod("two", "2026-01-01T10:00:09Z");
    KubeObject three = pod("three", "2026-01-01T10:00:08Z");
    assertThat(times.next(SERVICE, List.of(one, two, three))).isEqualTo("2026-01-01T10:00:08Z");
    assertThat(times.next(SERVICE, List.of(one))).isEmpty();
  }
}
