package dev.coracle.controller.endpoints;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyHintsTest {

  private static KubeObject node(String name, String zone, int cpu) {
    return Make.object(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: %s, labels: {topology.kubernetes.io/zone: %s}}
        status: {allocatable: {cpu: "%d"}, conditions: [{type: Ready, status: "True"}]}
        """
            .formatted(name, zone, cpu));
  }

  private static final List<KubeObject> TWO_ZONES = List.of(node("a", "a", 4), node("b", "b", 4));

  private static List<String> zones(String letters) {
    return letters.chars().mapToObj(letter -> String.valueOf((char) letter)).toList();
  }

  @Test
  void of_evenZones_givesEachItsOwn() {
    assertThat(TopologyHints.of(TWO_ZONES, zones("aabb")).zones()).isEqualTo(zones("aabb"));
  }

  @Test
  void of_unevenEndpoints_givesSomeToTheZoneThatHasTooFew() {
    List<String> zones = TopologyHints.of(TWO_ZONES, zones("aaaaab")).zones();
    assertThat(Collections.frequency(zones, "b")).isEqualTo(3);
    assertThat(zones).isEqualTo(TopologyHints.of(TWO_ZONES, zones("aaaaab")).zones());
  }

  @Test
  void of_whatCannotBeBalanced_saysWhy() {
    assertThat(TopologyHints.of(TWO_ZONES, zones("a")).obstacle())
        .isEqualTo("Insufficient number of endpoints (1 endpoints, 2 zones)");
    assertThat(TopologyHints.of(List.of(node("a", "a", 4)), zones("aa")).obstacle())
        .startsWith("Insufficient Node information");
    assertThat(
            TopologyHints.of(List.of(node("a", "a", 4), node("b", "\"\"", 4)), zones("aa"))
                .obstacle())
        .startsWith("Insufficient Node information");
    assertThat(TopologyHints.of(TWO_ZONES, List.of("a", "", "b", "b")).obstacle())
        .isEqualTo("One or more endpoints do not have a zone specified");
    assertThat(
            TopologyHints.of(
                    List.of(node("a", "a", 4), node("b", "b", 4), node("c", "c", 1)), zones("abc"))
                .obstacle())
        .isEqualTo(
            "Unable to allocate minimum required endpoints to each zone without exceeding overload"
                + " threshold (3 endpoints, 3 zones)");
  }
}
