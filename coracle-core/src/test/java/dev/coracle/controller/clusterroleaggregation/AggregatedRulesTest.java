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

  @Test
  void of_rolesThatAreAggregatedThemselves_takesWhatTheseWillHave() {
    String from = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {to: %s}}]}, rules: []";
    KubeObject admin = role("admin", "", from.formatted("admin"));
    KubeObject edit = role("edit", "to: admin", from.formatted("edit"));
    List<KubeObject> all =
        List.of(
            admin,
            edit,
            role("view", "to: edit", from.formatted("view")),
            role("read", "to: view", rules("pods")),
            role("write", "to: edit", rules("secrets")));

    assertThat(AggregatedRules.of(admin, all))
        .extracting(rule -> rule.path("resources").get(0).asText())
        .containsExactly("pods", "secrets");
  }

  @Test
  void of_rolesThatTakeFromEachOther_haveTheSame() {
    String from = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {to: %s}}]}, rules: []";
    KubeObject one = role("one", "to: two", from.formatted("one"));
    KubeObject two = role("two", "to: one", from.formatted("two"));
    List<KubeObject> all =
        List.of(
            one, two, role("a", "to: one", rules("pods")), role("b", "to: two", rules("nodes")));

    assertThat(AggregatedRules.of(one, all)).hasSize(2);
    assertThat(AggregatedRules.of(two, all)).hasSize(2);
  }
}
