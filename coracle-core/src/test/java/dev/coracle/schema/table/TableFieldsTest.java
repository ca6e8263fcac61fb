package dev.coracle.schema.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows made from some fields are those made from the whole object. */
class TableFieldsTest {

  private static final Instant NOW = Instant.parse("2026-05-06T12:00:00Z");

  /** Values that cell functions ask for, and others. */
  private static final List<String> TEXTS =
      List.of(
          "Ready",
          "True",
          "False",
          "Always",
          "Running",
          "Succeeded",
          "Failed",
          "Initialized",
          "PodScheduled",
          "SchedulingGated",
          "LoadBalancer",
          "ExternalName",
          "InternalIP",
          "ServiceAccount",
          "User",
          "Complete",
          "2026-05-06T11:00:00Z",
          "NodeLost",
          "x\"\\\u00e9",
          "");

  private final Random random = new Random(7);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "v1/Pod",
        "v1/Node",
        "v1/ConfigMap",
        "v1/Secret",
        "v1/ServiceAccount",
        "v1/Namespace",
        "v1/Event",
        "v1/Service",
        "v1/Endpoints",
        "v1/PersistentVolumeClaim",
        "apps/v1/Deployment",
        "apps/v1/ReplicaSet",
        "apps/v1/StatefulSet",
        "apps/v1/DaemonSet",
        "apps/v1/ControllerRevision",
        "batch/v1/Job",
        "events.k8s.io/v1/Event",
        "discovery.k8s.io/v1/EndpointSlice",
        "coordination.k8s.io/v1/Lease",
        "rbac.authorization.k8s.io/v1/ClusterRole",
        "rbac.authorization.k8s.io/v1/RoleBinding"
      })
  void row_ofSomeFields_isTheRowOfTheWholeObject(String kind) {
    int slash = kind.lastIndexOf('/');
    GroupVersionKind gvk = GroupVersionKind.of(kind.substring(0, slash), kind.substring(slash + 1));
    assertThat(TableFields.of(gvk.group(), gvk.kind())).isNotNull();
    Schema schema = Objects.requireNonNull(Schemas.builtIn().find(gvk));
    for (int i = 0; i < 200; i++) {
      ObjectNode tree = (ObjectNode) value(schema, 0);
      tree.put("apiVersion", gvk.apiVersion()).put("kind", gvk.kind());
      ObjectNode metadata = tree.putObject("metadata").put("name", "x");
      metadata.put("creationTimestamp", "2026-05-06T11:55:00Z");
      metadata.putObject("annotations").put("volume.beta.kubernetes.io/storage-class", "old");
      if (i % 3 == 0) {
        metadata.put("deletionTimestamp", "2026-05-06T11:59:00Z");
      }
      KubeObject object = KubeObject.of(tree);
      assertThat(Tables.reader(gvk).read(object, NOW))
          .as(() -> new String(object.json(), StandardCharsets.UTF_8))
          .isEqualTo(Tables.row(gvk, Row.of(object, NOW)));
    }
  }

  private JsonNode value(Schema schema, int depth) {
    Schema items = schema.items();
    if (items != null) {
      ArrayNode array = Json.array();
      for (int i = random.nextInt(4); i > 0; i--) {
        array.add(value(items, depth + 1));
      }
      return array;
    }
    Schema values = schema.additionalProperties();
    if (values != null || !schema.properties().isEmpty()) {
      ObjectNode object = Json.object();
      if (values != null) {
        for (int i = random.nextInt(3); i > 0; i--) {
          object.set("key" + i, value(values, depth + 1));
        }
      }
      schema
          .properties()
          .forEach(
              (name, property) -> {
                if (depth < 7 && random.nextInt(4) > 0 && !name.equals("managedFields")) {
                  object.set(name, value(property, depth + 1));
                }
              });
      return object;
    }
    return switch (schema.type()) {
      case INTEGER -> Json.object().numberNode(random.nextInt(5) - 1);
      case NUMBER -> Json.read("1.5");
      case BOOLEAN -> Json.object().booleanNode(random.nextBoolean());
      default -> Json.object().textNode(TEXTS.get(random.nextInt(TEXTS.size())));
    };
  }

  @Test
  void read_everything_isTheTree() {
    for (String json :
        new String[] {
          "{}",
          " { \"a\" : [ 1 , -2 , 3.5e3 , 12345678901234567890 , 9007199254740993 ] , \"b\" : null }\n",
          "{\"a\":\"12345678\\\"9\",\"b\\n\":\"\\\\\",\"c\":{\"d\":[[],{}]},\"e\":true,\"f\":false}",
          "{\"a\":\"\u00e9\u4e2d\\u00e9 12345678901234567890\",\"z\":-0}"
        }) {
      byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
      assertThat(PartialReader.read(bytes, Fields.WHOLE)).isEqualTo(Json.read(bytes));
    }
  }

  @Test
  void read_someFields_leavesTheRestOut() {
    byte[] json =
        "{\"a\":{\"b\":[{\"c\":1,\"d\":\"]}\\\\\"},{\"e\":2}],\"f\":3},\"g\":{\"h\":\"}\",\"i\":[1]},\"j\":4}"
            .getBytes(StandardCharsets.UTF_8);
    assertThat(PartialReader.read(json, Fields.of("a(b(c)) j")))
        .isEqualTo(Json.read("{\"a\":{\"b\":[{\"c\":1},{}]},\"j\":4}"));
    assertThat(PartialReader.read(json, Fields.of("a(b(#)) g(#)")))
        .isEqualTo(Json.read("{\"a\":{\"b\":[null,null]},\"g\":{\"h\":null,\"i\":null}}"));
    assertThat(PartialReader.read(json, Fields.ofPaths(List.of(List.of("a", "f"), List.of("j")))))
        .isEqualTo(Json.read("{\"a\":{\"f\":3},\"j\":4}"));
  }
}
