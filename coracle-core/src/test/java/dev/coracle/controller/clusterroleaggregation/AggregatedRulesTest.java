package dev.coracle.controller.clusterroleaggregation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.List;
import org.junit.jupiter.api.Test;

class AggregatedRulesTest {

  private static KubeObject role(String name, String labels, String more) {
    return Make.object(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: %s, labels: {%s}}, %s}"
            .formatted(name, labels, more));
  }

  private static String rules(String resource) {
    return "rules: [{apiGroups: [''], resources: [%s], verbs: [get]}]".formatted(resource);
  }

  @Test
  void of_rolesThatAnySelectorMatches_inOrderOfNamesAndOnce() {
    KubeObject sum =
        role(
            "sum",
            "to: sum",
            "aggregationRule: {clusterRoleSelectors: [{matchLabels: {to: sum}}, {matchLabels: {also: sum}}]},"
                + rules("own"));
    List<KubeObject> all =
        List.of(
            sum,
            role("b", "to: sum", rules("pods")),
            role("a", "also: sum", rules("secrets")),
            role("c", "to: sum, also: sum", rules("pods")),
            role("d", "to: other", rules("nodes")));
    assertThat(AggregatedRules.of(sum, all))
        .extracting(rule -> rule.path("resources").get(0).asText())
        .containsExactly("secrets", "pods");
    assertThat(AggregatedRules.isAggregated(sum)).isTrue();
    assertThat(AggregatedRules.isAggregated(all.get(1))).isFalse();
  }
}
