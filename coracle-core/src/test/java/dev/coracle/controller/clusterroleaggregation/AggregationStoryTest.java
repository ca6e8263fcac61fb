package dev.coracle.controller.clusterroleaggregation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class AggregationStoryTest {

  @AutoClose private static final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private static void role(String name, String label, String more) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: %s, labels: {%s: "true"}}
            %s
            """
                .formatted(name, label, more));
  }

  private static String rules(String resource) {
    return "rules: [{apiGroups: [example.com], resources: [%s], verbs: [get]}]".formatted(resource);
  }

  private static void aggregated(String name, String label) {
    role(
        name,
        "kind",
        "aggregationRule: {clusterRoleSelectors: [{matchLabels: {%s: \"true\"}}]}"
            .formatted(label));
  }

  private static KubeObject awaitRules(String name, int count) {
    return cluster.awaitObject(
        Resources.CLUSTER_ROLES, "", name, role -> role.at("rules").size() == count);
  }

  @Test
  void rolesComeChangeAndGo_theSumFollows() {
    aggregated("sum", "to-sum");
    role("part-one", "to-sum", rules("boats"));
    awaitRules("sum", 1);
    role("part-two", "to-sum", rules("sails"));
    awaitRules("sum", 2);
    KubeObject unused =
        cluster.change(
            Resources.CLUSTER_ROLES, "", "part-two", "{metadata: {labels: {to-sum: null}}}");
    KubeObject sum = awaitRules("sum", 1);
    assertThat(sum.at("rules").get(0).path("resources").get(0).asText()).isEqualTo("boats");
    unused = cluster.admin().delete(Resources.CLUSTER_ROLES, "", "part-one", DeleteOptions.DEFAULT);
    awaitRules("sum", 0);
  }

  @Test
  void sumOfSums_andARuleWrittenByHand_areAsTheSelectorsSay() {
    aggregated("all", "to-all");
    role(
        "middle",
        "to-all",
        "aggregationRule: {clusterRoleSelectors: [{matchLabels: {to-middle: \"true\"}}]}");
    role("leaf", "to-middle", rules("leaves"));
    awaitRules("all", 1);
    KubeObject unused =
        cluster.change(
            Resources.CLUSTER_ROLES,
            "",
            "all",
            "{rules: [{apiGroups: [''], resources: [secrets], verbs: ['*']}]}");
    cluster.awaitObject(
        Resources.CLUSTER_ROLES, "", "all", role -> role.at("rules").toString().contains("leaves"));
  }

  @Test
  void edit_getsTheRulesOfAUsersRole() {
    role("boats-edit", "rbac.authorization.k8s.io/aggregate-to-edit", rules("tugs"));
    // edit is a part of admin
    for (String name : new String[] {"edit", "admin"}) {
      KubeObject unused =
          cluster.awaitObject(
              Resources.CLUSTER_ROLES,
              "",
              name,
              role -> role.at("rules").toString().contains("tugs"));
    }
  }

  @Test
  void restart_partWentMeanwhile_theSumFollows() throws Exception {
    aggregated("later", "to-later");
    role("passing", "to-later", rules("ghosts"));
    awaitRules("later", 1);
    cluster.restartControllers(
        () -> {
          KubeObject unused =
              cluster.admin().delete(Resources.CLUSTER_ROLES, "", "passing", DeleteOptions.DEFAULT);
        });
    awaitRules("later", 0);
  }
}
