package dev.coracle.schema.validation.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;

class PodWarningsTest {

  @Test
  void of_variableThatHidesAnother_warnsUnlessItExtendsIt() {
    String template =
        """
        {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [
          {"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"},
          {"name": "A", "value": "3"}]}]}}}}
        """;
    assertThat(PodWarnings.of("Deployment", Json.read(template)))
        .containsExactly(
            "spec.template.spec.containers[0].env[2]: hides previous definition of \"A\", which"
                + " may be dropped when using apply");
  }

  @Test
  void of_samePortTwice_warns() {
    String pod =
        """
        {"spec": {"containers": [{"ports": [{"containerPort": 80}, {"containerPort": 80},
          {"containerPort": 80, "protocol": "UDP"}]}]}}
        """;
    assertThat(PodWarnings.of("Pod", Json.read(pod)))
        .containsExactly(
            "spec.containers[0].ports[1]: duplicate port definition with"
                + " spec.containers[0].ports[0]");
  }
}
