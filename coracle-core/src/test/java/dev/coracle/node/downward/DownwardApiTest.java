package dev.coracle.node.downward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DownwardApiTest {

  private static final JsonNode POD =
      yaml(
          """
          metadata:
            name: web
            namespace: shop
            uid: 1-2-3
            labels: {b: two, a: one}
            annotations: {text: "multi\\nline \\"quoted\\" back\\\\slash\\ttab é \\u200b\\u0001"}
          spec: {nodeName: one, serviceAccountName: default, containers: [{name: main}], initContainers: [{name: first}]}
          status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}], hostIP: 1.2.3.4, hostIPs: [{ip: 1.2.3.4}]}
          """);

  private static final JsonNode CONTAINER =
      yaml(
          """
          name: main
          resources:
            requests: {cpu: 15m, memory: 100Ki, ephemeral-storage: 1G, hugepages-2Mi: 4Mi}
            limits: {cpu: 1500m, hugepages-2Mi: 4Mi}
          """);
  private static final JsonNode ALLOCATABLE =
      yaml("{cpu: '2', memory: 1025Ki, ephemeral-storage: '100'}");

  private static JsonNode yaml(String text) {
    return Yaml.read(text.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "metadata.name,web",
    "metadata.namespace,shop",
    "metadata.uid,1-2-3",
    "metadata.labels['a'],one",
    "metadata.labels['none'],''",
    "spec.nodeName,one",
    "spec.serviceAccountName,default",
    "status.podIP,10.0.0.1",
    "status.podIPs,'10.0.0.1,fd00::1'",
    "status.hostIP,1.2.3.4",
    "status.hostIPs,1.2.3.4"
  })
  void field_known_givesItsValue(String path, String value) {
    assertThat(DownwardApi.field(POD, path)).isEqualTo(value);
  }

  @Test
  void field_maps_areSortedAndQuotedAsGoDoes() {
    assertThat(DownwardApi.field(POD, "metadata.labels")).isEqualTo("a=\"one\"\nb=\"two\"");
    assertThat(DownwardApi.field(POD, "metadata.annotations"))
        .isEqualTo("text=\"multi\\nline \\\"quoted\\\" back\\\\slash\\ttab é \\u200b\\x01\"");
  }

  @Test
  void field_unknown_isRefused() {
    assertThatThrownBy(() -> DownwardApi.field(POD, "spec.hostname"))
        .hasMessage("unsupported fieldPath: spec.hostname");
  }

  @ParameterizedTest
  @CsvSource({
    "requests.cpu,1m,15",
    "requests.cpu,1,1",
    "limits.cpu,1,2",
    "limits.cpu,1m,1500",
    "limits.cpu,'',2",
    "requests.memory,1,102400",
    "requests.memory,1k,103",
    "requests.memory,1Ki,100",
    "requests.memory,1Mi,1",
    "limits.memory,1Mi,2",
    "limits.memory,1M,2",
    "limits.memory,1Gi,1",
    "limits.ephemeral-storage,1,100",
    "requests.ephemeral-storage,1G,1",
    "requests.ephemeral-storage,1M,1000",
    "requests.hugepages-2Mi,1Mi,4",
    "limits.hugepages-2Mi,1,4194304",
    "requests.hugepages-1Gi,1,0",
    "limits.cpu,0,2"
  })
  void resource_isDividedRoundingUp(String resource, String divisor, String value) {
    JsonNode given =
        divisor.isEmpty() ? Json.object().path("none") : Json.object().textNode(divisor);
    assertThat(DownwardApi.resource(CONTAINER, resource, given, ALLOCATABLE)).isEqualTo(value);
  }

  @Test
  void resource_unknown_isRefused() {
    assertThatThrownBy(
            () -> DownwardApi.resource(CONTAINER, "limits.pods", Json.object(), ALLOCATABLE))
        .hasMessage("unsupported container resource : limits.pods");
  }

  @Test
  void container_init_isFound() {
    assertThat(DownwardApi.container(POD, "first").isObject()).isTrue();
    assertThat(DownwardApi.container(POD, "none").isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "$(A),1",
    "x$(A)y$(B),x1y2",
    "$$(A),$(A)",
    "$$$(A),$1",
    "$(NONE),$(NONE)",
    "$(A,$(A",
    "$,$",
    "a$b,a$b",
    "$(A)$,1$",
    "$(),$()"
  })
  void expand_followsKubernetesRules(String text, String expanded) {
    assertThat(Expansion.expand(text, Map.of("A", "1", "B", "2"))).isEqualTo(expanded);
  }

  @Test
  void services_giveBothForms() {
    Map<String, String> variables = new LinkedHashMap<>();
    ServiceVariables.add(
        variables,
        List.of(
            service("my-db", "10.96.0.5", "[{name: sql-port, port: 5432, protocol: TCP}]"),
            service("headless", "None", "[{port: 1}]")));
    assertThat(variables)
        .containsEntry("MY_DB_SERVICE_HOST", "10.96.0.5")
        .containsEntry("MY_DB_SERVICE_PORT", "5432")
        .containsEntry("MY_DB_SERVICE_PORT_SQL_PORT", "5432")
        .containsEntry("MY_DB_PORT", "tcp://10.96.0.5:5432")
        .containsEntry("MY_DB_PORT_5432_TCP", "tcp://10.96.0.5:5432")
        .containsEntry("MY_DB_PORT_5432_TCP_PROTO", "tcp")
        .containsEntry("MY_DB_PORT_5432_TCP_PORT", "5432")
        .containsEntry("MY_DB_PORT_5432_TCP_ADDR", "10.96.0.5")
        .hasSize(8);
  }

  private static KubeObject service(String name, String ip, String ports) {
    return KubeObject.of(
        (com.fasterxml.jackson.databind.node.ObjectNode)
            yaml(
                "apiVersion: v1\nkind: Service\nmetadata: {name: "
                    + name
                    + "}\nspec: {clusterIP: '"
                    + ip
                    + "', ports: "
                    + ports
                    + "}"));
  }

  @Test
  void environment_isMadeInOrder() {
    JsonNode container =
        yaml(
            """
            name: main
            envFrom:
            - {prefix: P_, configMapRef: {name: map}}
            - {secretRef: {name: none, optional: true}}
            env:
            - {name: A, value: a}
            - {name: B, value: $(A)-$(P_key)-$(S_SERVICE_HOST)-$(C)}
            - {name: C, valueFrom: {configMapKeyRef: {name: map, key: key}}}
            - {name: D, valueFrom: {configMapKeyRef: {name: map, key: none, optional: true}}}
            - {name: HOSTNAME, value: mine}
            command: [echo, $(B)]
            args: ['$(C)', '$(UNKNOWN)']
            """);
    Map<String, String> environment =
        Environment.of(
            POD, container, "web", ALLOCATABLE, Map.of("S_SERVICE_HOST", "ip"), lookup());
    assertThat(environment)
        .containsEntry("PATH", Environment.PATH)
        .containsEntry("HOSTNAME", "mine")
        .containsEntry("P_key", "value")
        .containsEntry("B", "a-value-ip-$(C)")
        .containsEntry("C", "value")
        .doesNotContainKey("D");
    assertThat(Environment.command(container, environment))
        .containsExactly("echo", "a-value-ip-$(C)", "value", "$(UNKNOWN)");
  }

  @Test
  void environment_missingReference_isNamed() {
    assertThatThrownBy(
            () ->
                Environment.of(
                    POD,
                    yaml("env: [{name: A, valueFrom: {secretKeyRef: {name: none, key: k}}}]"),
                    "web",
                    ALLOCATABLE,
                    Map.of(),
                    lookup()))
        .hasMessage("secret \"none\" not found");
    assertThatThrownBy(
            () ->
                Environment.of(
                    POD,
                    yaml("env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: k}}}]"),
                    "web",
                    ALLOCATABLE,
                    Map.of(),
                    lookup()))
        .hasMessage("couldn't find key k in ConfigMap shop/map");
  }

  private static Environment.Lookup lookup() {
    return new Environment.Lookup() {
      @Override
      public @Nullable KubeObject configMap(String name) {
        return name.equals("map")
            ? KubeObject.of(
                (com.fasterxml.jackson.databind.node.ObjectNode)
                    yaml(
                        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map, namespace: shop}\ndata: {key: value}"))
            : null;
      }

      @Override
      public @Nullable KubeObject secret(String name) {
        return null;
      }
    };
  }
}
