package dev.coracle.controller.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.client.Discovery;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Make;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NamespaceDecisionTest {

  private static final String NOW = "2026-01-01T00:00:00Z";

  private static Discovery.Resource resource(
      String group, String name, boolean namespaced, String... verbs) {
    return new Discovery.Resource(
        GroupVersionResource.of(group, "v1", name), "Kind", namespaced, Set.of(verbs));
  }

  private static JsonNode condition(NamespaceContent left, String type) {
    ArrayNode conditions = Json.array();
    assertThat(NamespaceDecision.tell(conditions, left, NOW)).isTrue();
    assertThat(NamespaceDecision.tell(conditions, left, NOW)).isFalse();
    JsonNode found = Conditions.find(conditions, type);
    assertThat(found).isNotNull();
    return found;
  }

  @Test
  void stages_podsComeFirst_andOnlyWhatCanBeDeletedInANamespace() {
    List<List<Discovery.Resource>> stages =
        NamespaceDecision.stages(
            List.of(
                resource("", "configmaps", true, "list", "delete"),
                resource("", "pods", true, "list", "delete"),
                resource("metrics.k8s.io", "pods", true, "list", "delete"),
                resource("", "nodes", false, "list", "delete"),
                resource("", "bindings", true, "create")));
    assertThat(stages.get(0)).extracting(r -> r.resource().qualified()).containsExactly("pods");
    assertThat(stages.get(1))
        .extracting(r -> r.resource().qualified())
        .containsExactly("configmaps", "pods.metrics.k8s.io");
  }

  @Test
  void tell_contentWithFinalizers_countsBoth() {
    NamespaceContent left = new NamespaceContent(List.of());
    left.add(
        GroupVersionResource.core("pods"),
        List.of(
            Make.pod("a", "Running", true, ", finalizers: [x/y]"),
            Make.pod("b", "Running", true, ", finalizers: [x/y, x/z]")));
    JsonNode content = condition(left, "NamespaceContentRemaining");
    assertThat(content.path("status").asText()).isEqualTo("True");
    assertThat(content.path("reason").asText()).isEqualTo("SomeResourcesRemain");
    assertThat(content.path("message").asText())
        .isEqualTo("Some resources are remaining: pods. has 2 resource instances");
    assertThat(condition(left, "NamespaceFinalizersRemaining").path("message").asText())
        .isEqualTo(
            "Some content in the namespace has finalizers remaining: x/y in 2 resource instances,"
                + " x/z in 1 resource instances");
    assertThat(condition(left, "NamespaceDeletionContentFailure").path("status").asText())
        .isEqualTo("False");
  }

  @Test
  void tell_undiscoveredGroups_nameThem() {
    NamespaceContent left = new NamespaceContent(List.of("b.example.com/v1", "a.example.com/v1"));
    assertThat(left.isEmpty()).isFalse();
    JsonNode failed = condition(left, "NamespaceDeletionDiscoveryFailure");
    assertThat(failed.path("reason").asText()).isEqualTo("DiscoveryFailed");
    assertThat(failed.path("message").asText())
        .isEqualTo(
            "Discovery failed for some groups, 2 failing: unable to retrieve the complete list of"
                + " server APIs: a.example.com/v1: stale GroupVersion discovery: a.example.com/v1,"
                + " b.example.com/v1: stale GroupVersion discovery: b.example.com/v1");
  }

  @Test
  void tell_failures_areSortedAndCounted() {
    NamespaceContent left = new NamespaceContent(List.of());
    left.addFailure("two");
    left.addFailure("one");
    assertThat(condition(left, "NamespaceDeletionContentFailure").path("message").asText())
        .isEqualTo("Failed to delete all resource types, 2 remaining: one, two");
  }
}
