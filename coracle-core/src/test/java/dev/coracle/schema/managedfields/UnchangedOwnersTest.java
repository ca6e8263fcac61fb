package dev.coracle.schema.managedfields;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.PatchType;
import dev.coracle.schema.KnownSchemas;
import dev.coracle.schema.Schema;
import dev.coracle.schema.decoding.Decoded;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.decoding.FieldValidation;
import dev.coracle.schema.patch.Patch;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is done the short way comes out as if it were done the long way. */
class UnchangedOwnersTest {

  private static final Schema NODE = KnownSchemas.of("v1", "Node");
  private static final List<String> MANAGERS = List.of("kubelet", "kubectl", "node-controller");

  private Instant time = Instant.parse("2026-01-01T00:00:00Z");
  private int shortened;

  private FieldManager manager(String name, String subresource) {
    return new FieldManager(
        name,
        "v1",
        subresource,
        time,
        NODE,
        FieldSet.of(subresource.isEmpty() ? "status" : "spec"));
  }

  private static ObjectNode node() {
    ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
    node.putObject("metadata").put("name", "n");
    return node;
  }

  /** A status and labels, of which some are there and some not, in a few values. */
  private static void change(ObjectNode node, Random random) {
    ObjectNode metadata = (ObjectNode) node.get("metadata");
    switch (random.nextInt(6)) {
      case 0 -> metadata.withObject("/labels").put("l" + random.nextInt(3), "" + random.nextInt(3));
      case 1 -> metadata.withObject("/labels").remove("l" + random.nextInt(3));
      case 2 -> metadata.remove("managedFields");
      case 3, 4 -> {
        ArrayNode conditions = node.withObject("/status").withArray("/conditions");
        String type = "T" + random.nextInt(3);
        for (JsonNode each : conditions) {
          if (each.get("type").asText().equals(type)) {
            ((ObjectNode) each).put("lastHeartbeatTime", "" + random.nextInt(100));
            return;
          }
        }
        conditions.addObject().put("type", type).put("status", "True");
      }
      default -> node.withObject("/spec").put("providerID", "" + random.nextInt(3));
    }
  }

  @Test
  void keep_manyWritesOfSeveralManagers_givesWhatTheSetsGive() {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      ObjectNode live = node();
      change(live, random);
      ManagedFields.update(null, live, manager("kubectl", ""));
      for (int step = 0; step < 60; step++) {
        time = time.plusSeconds(random.nextInt(2));
        FieldManager manager =
            manager(
                MANAGERS.get(random.nextInt(MANAGERS.size())),
                random.nextInt(3) == 0 ? "" : "status");
        ObjectNode now = live.deepCopy();
        change(now, random);
        ObjectNode longWay = now.deepCopy();
        ManagedFields.rewrite(live, longWay, manager);
        ObjectNode before = live.deepCopy();
        shortened += UnchangedOwners.keep(live, now.deepCopy(), manager) ? 1 : 0;
        ManagedFields.update(live, now, manager);
        assertThat(now.toString()).as("seed %d, step %d", seed, step).isEqualTo(longWay.toString());
        assertThat(live).isEqualTo(before);
        live = now;
      }
    }
    assertThat(shortened).as("writes that went the short way").isGreaterThan(200);
  }

  @Test
  void keep_fieldOfAnother_isLeftToTheLongWay() {
    ObjectNode live = node();
    live.withObject("/metadata/labels").put("a", "1");
    ManagedFields.update(null, live, manager("kubectl", ""));
    ObjectNode now = live.deepCopy();
    now.withObject("/metadata/labels").put("a", "2");
    assertThat(UnchangedOwners.keep(live, now.deepCopy(), manager("kubelet", ""))).isFalse();
    assertThat(UnchangedOwners.keep(live, now.deepCopy(), manager("kubectl", ""))).isTrue();
  }

  @Test
  void decodePatched_withItsOriginal_readsAsWithout() {
    ObjectNode original =
        (ObjectNode)
            Json.read(
                """
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"n","labels":{"a":"1"},
                  "managedFields":[{"manager":"m","operation":"Update"}]},
                 "spec":{"podCIDR":"10.0.0.0/24"},
                 "status":{"capacity":{"cpu":"4"},"conditions":[{"type":"Ready","status":"True"}]}}
                """);
    ObjectNode untouched = original.deepCopy();
    for (String body :
        List.of(
            "{\"status\":{\"capacity\":{\"cpu\":\"4000m\",\"memory\":null},\"odd\":1}}",
            "{\"metadata\":{\"labels\":{\"b\":\"2\"},\"managedFields\":null}}",
            "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"}]},\"odd\":{}}",
            "{\"spec\":null}")) {
      for (PatchType type : List.of(PatchType.MERGE, PatchType.STRATEGIC, PatchType.JSON)) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        ObjectNode patched =
            type == PatchType.JSON
                ? original.deepCopy()
                : Patch.parse(type, bytes).apply(original, NODE);
        Decoded whole = Decoder.decodePatched(patched, NODE, FieldValidation.WARN);
        Decoded shared = Decoder.decodePatched(patched, original, NODE, FieldValidation.WARN);
        assertThat(shared.object().toString()).isEqualTo(whole.object().toString());
        assertThat(shared.warnings()).isEqualTo(whole.warnings());
        shared.object().withObject("/metadata/labels").put("c", "3");
        shared.object().withObject("/spec").put("unschedulable", true);
        shared.object().withObject("/status/capacity").put("cpu", "5");
        assertThat(original).as("is nobody else's to change").isEqualTo(untouched);
      }
    }
  }
}
