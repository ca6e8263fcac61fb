package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.auth.rbac.PolicyReconciler;
import dev.coracle.client.Client;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** RBAC: what it allows, that nobody gives away more than they have, reviews. */
class AuthorizationTest extends AuthorizationFixture {

  private static final String MANAGES_ROLES =
      "{apiGroups: [rbac.authorization.k8s.io], resources: ['*'],"
          + " verbs: [create, update, patch, get]}";

  @Test
  void roles_giveAwayOnlyWhatTheirWriterHas() {
    grant(
        "rita",
        "[" + MANAGES_ROLES + ", {apiGroups: [''], resources: [pods], verbs: [get, list]}]",
        "list",
        "",
        "pods");
    Client rita = as("rita", "system:authenticated");
    KubeObject own =
        rita.create(
            CLUSTER_ROLES,
            "",
            role("ritas", "[{apiGroups: [''], resources: [pods], verbs: [get]}]"));
    assertThat(own.name()).isEqualTo("ritas");
    refused(
        () ->
            rita.create(
                CLUSTER_ROLES,
                "",
                role(
                    "more",
                    "[{apiGroups: [''], resources: [pods, secrets], verbs: [get, delete]},"
                        + " {nonResourceURLs: ['/metrics'], verbs: [get]}]")),
        """
        user "rita" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
        {APIGroups:[""], Resources:["pods"], Verbs:["delete"]}
        {APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}
        {NonResourceURLs:["/metrics"], Verbs:["get"]}"""
            .strip());
    refused(
        () ->
            rita.create(
                CLUSTER_ROLES,
                "",
                role("all", "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]")),
        "is attempting to grant RBAC permissions not currently held");
    refused(
        () -> rita.create(BINDINGS, "", binding("ritas-admin", "cluster-admin", "rita")),
        "is attempting to grant RBAC permissions not currently held");
    ObjectNode aggregating = role("gather", "[]");
    aggregating
        .putObject("aggregationRule")
        .putArray("clusterRoleSelectors")
        .addObject()
        .putObject("matchLabels")
        .put("a", "b");
    refused(
        () -> rita.create(CLUSTER_ROLES, "", aggregating),
        "must have cluster-admin privileges to use the aggregationRule");
  }

  @Test
  void label_thatAggregatesARole_needsItsRights() {
    KubeObject unused =
        admin.create(
            CLUSTER_ROLES,
            "",
            role("powers", "[{apiGroups: [''], resources: [secrets], verbs: ['*']}]"));
    grant("lea", "[" + MANAGES_ROLES + "]", "patch", GROUP, "clusterroles");
    Client lea = as("lea", "system:authenticated");
    refused(
        () ->
            lea.patch(
                CLUSTER_ROLES,
                "",
                "powers",
                "",
                PatchType.MERGE,
                yaml("{metadata: {labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}}"),
                WriteOptions.NONE),
        "is attempting to grant RBAC permissions not currently held");
    KubeObject finalized =
        lea.patch(
            CLUSTER_ROLES,
            "",
            "powers",
            "",
            PatchType.MERGE,
            yaml("{metadata: {finalizers: [example.com/x]}}"),
            WriteOptions.NONE);
    assertThat(finalized.finalizers()).containsExactly("example.com/x");
    finalized =
        lea.patch(
            CLUSTER_ROLES,
            "",
            "powers",
            "",
            PatchType.MERGE,
            yaml("{metadata: {finalizers: null}}"),
            WriteOptions.NONE);
    assertThat(finalized.finalizers()).isEmpty();
  }

  @Test
  void escalateAndBind_liftTheLimit() {
    grant(
        "eve",
        "["
            + MANAGES_ROLES
            + ", {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate]}]",
        "escalate",
        GROUP,
        "clusterroles");
    KubeObject everything =
        as("eve", "system:authenticated")
            .create(
                CLUSTER_ROLES,
                "",
                role("eves", "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]"));
    assertThat(everything.name()).isEqualTo("eves");
    grant(
        "bob",
        "["
            + MANAGES_ROLES
            + ", {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind],"
            + " resourceNames: [view]}]",
        "create",
        GROUP,
        "clusterrolebindings");
    Client bob = as("bob", "system:authenticated");
    assertThat(bob.create(BINDINGS, "", binding("bobs-view", "view", "bob")).name())
        .isEqualTo("bobs-view");
    refused(
        () -> bob.create(BINDINGS, "", binding("bobs-edit", "edit", "bob")),
        "is attempting to grant RBAC permissions not currently held");
  }

  @Test
  void reconciler_addsWhatIsMissing_andLeavesTheRest() throws Exception {
    ObjectNode changed = admin.get(CLUSTER_ROLES, "", "system:node-proxier").mutableTree();
    changed.putArray("rules").addObject().put("x", 1);
    ObjectNode kept = role("system:node-proxier", "[{apiGroups: [a], resources: [b], verbs: [c]}]");
    changed.set("rules", kept.get("rules"));
    changed.withObject("/metadata").withObject("/labels").remove("kubernetes.io/bootstrapping");
    KubeObject unused = admin.update(CLUSTER_ROLES, "", "system:node-proxier", changed);
    ObjectNode owned = admin.get(CLUSTER_ROLES, "", "system:kube-dns").mutableTree();
    owned.putArray("rules");
    owned
        .withObject("/metadata")
        .withObject("/annotations")
        .put("rbac.authorization.kubernetes.io/autoupdate", "false");
    unused = admin.update(CLUSTER_ROLES, "", "system:kube-dns", owned);
    ObjectNode covering =
        admin.get(CLUSTER_ROLES, "", "system:node-problem-detector").mutableTree();
    covering.set(
        "rules", role("x", "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]").get("rules"));
    unused = admin.update(CLUSTER_ROLES, "", "system:node-problem-detector", covering);

    new PolicyReconciler(admin).reconcile();

    KubeObject proxier = admin.get(CLUSTER_ROLES, "", "system:node-proxier");
    assertThat(proxier.labels()).containsEntry("kubernetes.io/bootstrapping", "rbac-defaults");
    assertThat(proxier.at("rules").toString())
        .contains("\"apiGroups\":[\"a\"]")
        .contains("endpointslices");
    assertThat(admin.get(CLUSTER_ROLES, "", "system:kube-dns").at("rules").size()).isZero();
    assertThat(admin.get(CLUSTER_ROLES, "", "system:node-problem-detector").at("rules").size())
        .isEqualTo(1);
  }

  @Test
  void kubectlAuth_tellsRights() throws Exception {
    assertThat(cluster.kubectl("auth", "whoami").text())
        .contains("kubernetes-admin")
        .contains("system:masters");
    assertThat(cluster.kubectl("auth", "can-i", "--list", "--as=nobody-at-all").text())
        .contains("selfsubjectaccessreviews.authorization.k8s.io")
        .contains("[/healthz]");
    assertThat(cluster.kubectl("auth", "can-i", "delete", "nodes", "--as=nobody-at-all").text())
        .endsWith("no\n");
    Path file =
        Files.writeString(
            directory.resolve("roles.yaml"),
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: reader, namespace: default}
            rules: [{apiGroups: [''], resources: [pods], verbs: [get, list]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: reader, namespace: default}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ron}]
            """);
    assertThat(cluster.kubectl("auth", "reconcile", "-f", file.toString()).text())
        .contains("role.rbac.authorization.k8s.io/reader reconciled")
        .contains("rolebinding.rbac.authorization.k8s.io/reader reconciled");
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(cluster.kubectl("auth", "can-i", "list", "pods", "--as=ron").text())
                    .startsWith("yes"));
    assertThat(cluster.kubectl("auth", "can-i", "list", "pods", "-A", "--as=ron").text())
        .startsWith("no");
    assertThat(cluster.kubectl("auth", "can-i", "get", "/metrics", "--as=ron").text())
        .startsWith("no");
  }

  @Test
  void rulesOfANode_areSaidToBeIncomplete() {
    ObjectNode review =
        yaml(
            "{apiVersion: authorization.k8s.io/v1, kind: SelfSubjectRulesReview, spec: {namespace: default}}");
    KubeObject rules =
        as("system:node:n", "system:nodes", "system:authenticated").create(RULES, "", review);
    assertThat(rules.at("status", "incomplete").asBoolean()).isTrue();
    assertThat(rules.text("status", "evaluationError"))
        .isEqualTo("node authorizer does not support user rule resolution");
  }

  @Test
  void review_withSelectors_isChecked() {
    ObjectNode review =
        yaml(
            """
            apiVersion: authorization.k8s.io/v1
            kind: SubjectAccessReview
            spec:
              user: system:node:n
              groups: [system:nodes]
              resourceAttributes:
                verb: list
                resource: pods
                fieldSelector: {requirements: [{key: spec.nodeName, operator: In, values: [n]}]}
            """);
    assertThat(admin.create(REVIEWS, "", review).at("status", "allowed").asBoolean()).isTrue();
    ObjectNode raw = review.deepCopy();
    ((ObjectNode) raw.at("/spec/resourceAttributes"))
        .putObject("fieldSelector")
        .put("rawSelector", "spec.nodeName=n,status.phase!=Failed");
    assertThat(admin.create(REVIEWS, "", raw).at("status", "allowed").asBoolean()).isTrue();
    ObjectNode other = review.deepCopy();
    ((ObjectNode) other.at("/spec/resourceAttributes"))
        .putObject("fieldSelector")
        .put("rawSelector", "spec.nodeName=m");
    assertThat(admin.create(REVIEWS, "", other).at("status", "allowed").asBoolean()).isFalse();
    ObjectNode neither = review.deepCopy();
    ((ObjectNode) neither.at("/spec/resourceAttributes")).putObject("fieldSelector");
    StatusException refusal =
        catchThrowableOfType(StatusException.class, () -> admin.create(REVIEWS, "", neither));
    assertThat(refusal.getMessage()).contains("requirements or rawSelector is required");
  }
}
