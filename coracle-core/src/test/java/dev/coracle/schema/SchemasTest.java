package dev.coracle.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;

class SchemasTest {

  private static Schema at(Schema start, String... path) {
    Schema schema = start;
    for (String step : path) {
      schema = step.equals("[]") ? schema.items() : schema.child(step);
      assertThat(schema).as(step).isNotNull();
    }
    return schema;
  }

  @Test
  void find_kindsOfEveryGroup_givesTheirDefinitions() {
    assertThat(KnownSchemas.of("v1", "Pod").definition()).isEqualTo("io.k8s.api.core.v1.Pod");
    assertThat(KnownSchemas.of("apps/v1", "Deployment").definition())
        .isEqualTo("io.k8s.api.apps.v1.Deployment");
    assertThat(KnownSchemas.of("rbac.authorization.k8s.io/v1", "Role").definition())
        .isEqualTo("io.k8s.api.rbac.v1.Role");
    assertThat(KnownSchemas.of("apiextensions.k8s.io/v1", "CustomResourceDefinition").isCustom())
        .isFalse();
    assertThat(KnownSchemas.of("v1", "Status").definition())
        .isEqualTo("io.k8s.apimachinery.pkg.apis.meta.v1.Status");
    assertThat(Schemas.builtIn().find(GroupVersionKind.of("v1", "PodSpec"))).isNull();
    assertThat(Schemas.builtIn().find(GroupVersionKind.of("v2", "Pod"))).isNull();
  }

  @Test
  void field_ofAList_hasItsMergeFacts() {
    Schema containers = at(KnownSchemas.of("v1", "Pod"), "spec", "containers");
    assertThat(containers.type()).isEqualTo(Schema.Type.ARRAY);
    assertThat(containers.listType()).isEqualTo(Schema.ListType.MAP);
    assertThat(containers.listMapKeys()).containsExactly("name");
    assertThat(containers.patchMergeKey()).isEqualTo("name");
    assertThat(containers.patchStrategy()).containsExactly("merge");
    Schema volumes = at(KnownSchemas.of("v1", "Pod"), "spec", "volumes");
    assertThat(volumes.patchStrategy()).containsExactlyInAnyOrder("merge", "retainKeys");
    Schema ports = at(containers, "[]", "ports");
    assertThat(ports.listMapKeys()).containsExactly("containerPort", "protocol");
    assertThat(at(ports, "[]", "protocol").defaultValue()).isEqualTo(Json.read("\"TCP\""));
    assertThat(at(KnownSchemas.of("v1", "Pod"), "spec", "nodeSelector").isAtomic()).isTrue();
    assertThat(at(KnownSchemas.of("v1", "ConfigMap"), "data").isAtomic()).isFalse();
    assertThat(at(KnownSchemas.of("v1", "Service"), "spec", "selector").isAtomic()).isTrue();
  }

  @Test
  void field_ofASpecialType_hasItsFormat() {
    Schema pod = KnownSchemas.of("v1", "Pod");
    assertThat(at(pod, "metadata", "creationTimestamp").format()).isEqualTo("date-time");
    Schema probe = at(pod, "spec", "containers", "[]", "livenessProbe");
    assertThat(at(probe, "httpGet", "port").isIntOrString()).isTrue();
    Schema limits = at(pod, "spec", "containers", "[]", "resources", "limits");
    assertThat(at(limits, "cpu").format()).isEqualTo("quantity");
    assertThat(at(KnownSchemas.of("coordination.k8s.io/v1", "Lease"), "spec", "renewTime").format())
        .isEqualTo("micro-time");
  }

  @Test
  void field_ofARecursiveSchema_canBeFollowed() {
    Schema properties =
        at(
            KnownSchemas.of("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
            "spec",
            "versions",
            "[]",
            "schema",
            "openAPIV3Schema",
            "properties");
    assertThat(at(properties, "spec", "properties", "size").simpleName())
        .isEqualTo("JSONSchemaProps");
  }

  @Test
  void description_isThere() {
    Schema fieldRef =
        at(
            KnownSchemas.of("v1", "Pod"),
            "spec",
            "containers",
            "[]",
            "env",
            "[]",
            "valueFrom",
            "fieldRef");
    assertThat(fieldRef.description()).startsWith("ObjectFieldSelector selects");
    assertThat(at(KnownSchemas.of("v1", "Pod"), "spec", "nodeName").description())
        .startsWith("NodeName");
    assertThat(KnownSchemas.of("v1", "Pod").description())
        .startsWith("Pod is a collection of containers");
  }

  @Test
  void definitions_everyReference_leadsSomewhere() {
    int seen = 0;
    for (String name : Schemas.builtIn().definitions()) {
      Schema definition = Schemas.builtIn().definition(name);
      assertThat(definition).as(name).isNotNull();
      for (Schema property : definition.properties().values()) {
        assertThat(property.type()).isNotNull();
        assertThat(property.goType()).isNotEmpty();
        seen++;
      }
    }
    assertThat(seen).isGreaterThan(3000);
  }
}
