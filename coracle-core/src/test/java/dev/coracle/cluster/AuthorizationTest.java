package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.auth.rbac.PolicyReconciler;
import dev.coracle.client.Client;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** RBAC: what it allows, that nobody gives away more than they have, impersonation, reviews. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorizationTest {

  private static final String GROUP = "rbac.authorization.k8s.io";
  private static final GroupVersionResource CLUSTER_ROLES = rbac("clusterroles");
  private static final GroupVersionResource BINDINGS = rbac("clusterrolebindings");
  private static final GroupVersionResource REVIEWS =
      GroupVersionResource.of("authorization.k8s.io", "v1", "subjectaccessreviews");
  private static final GroupVersionResource RULES =
      GroupVersionResource.of("authorization.k8s.io", "v1", "selfsubjectrulesreviews");

  private TestCluster cluster;
  private Client admin;
  private Path directory;

  private static GroupVersionResource rbac(String resource) {
    return GroupVersionResource.of(GROUP, "v1", resource);
  }

  @BeforeAll
  void start(@TempDir Path given) {
    directory = given;
    cluster = TestCluster.controlPlane(given);
    admin = cluster.client();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private Client as(String name, String... groups) {
    return new Client(admin.transport().as(UserInfo.of(name, groups)));
  }

  private static ObjectNode yaml(String text) {
    return (ObjectNode) Yaml.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode role(String name, String rules) {
    return yaml(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: %s}, rules: %s}"
            .formatted(name, rules));
  }

  private static ObjectNode binding(String name, String role, String user) {
    return yaml(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: %s}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
        subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
        """
            .formatted(name, role, user));
  }

  /** Gives a user rights, and waits until they hold. */
  private void grant(String user, String rules, String verb, String group, String resource) {
    String name = user + "-" + System.nanoTime();
    KubeObject unused = admin.create(CLUSTER_ROLES, "", role(name, rules));
    unused = admin.create(BINDINGS, "", binding(name, name, user));
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> allowed(user, verb, group, resource, ""));
  }

  private boolean allowed(String user, String verb, String group, String resource, String name) {
    ObjectNode review =
        yaml("{apiVersion: authorization.k8s.io/v1, kind: SubjectAccessReview, spec: {}}");
    ObjectNode spec = (ObjectNode) review.get("spec");
    spec.put("user", user);
    spec.putObject("resourceAttributes")
        .put("verb", verb)
        .put("group", group)
        .put("resource", resource)
        .put("name", name);
    return admin.create(REVIEWS, "", review).at("status", "allowed").asBoolean();
  }

  private static void refused(ThrowingCallable call, String why) {
    StatusException refusal = catchThrowableOfType(StatusException.class, call);
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(403);
    assertThat(refusal.getMessage()).contains(why);
  }

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
        .atMost(Duration.ofSeconds(10))
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

  private String whoAmI(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("auth", "whoami", "-o", "json"));
    command.addAll(List.of(arguments));
    return cluster.kubectl(command.toArray(new String[0])).text();
  }

  @Test
  void impersonation_isWhoeverTheHeadersSay() throws Exception {
    JsonNode jane =
        Json.read(whoAmI("--as=jane", "--as-group=devs", "--as-uid=u1"))
            .path("status")
            .path("userInfo");
    assertThat(jane)
        .isEqualTo(yaml("{username: jane, uid: u1, groups: [devs, 'system:authenticated']}"));
    assertThat(
            Json.read(whoAmI("--as=system:serviceaccount:a:b"))
                .at("/status/userInfo/groups")
                .toString())
        .isEqualTo(
            "[\"system:serviceaccounts\",\"system:serviceaccounts:a\",\"system:authenticated\"]");
    assertThat(Json.read(whoAmI("--as=system:node:n")).at("/status/userInfo/groups").toString())
        .isEqualTo("[\"system:nodes\",\"system:authenticated\"]");
    assertThat(cluster.kubectl("--as=system:anonymous", "get", "--raw", "/apis").text())
        .contains("User \"system:anonymous\" cannot get path \"/apis\"");
  }

  private static final String ACT =
      """
      [{apiGroups: [authentication.k8s.io], resources: [users], resourceNames: [jane],
        verbs: ['impersonate:user-info']},
       {apiGroups: [authentication.k8s.io], resources: [groups], verbs: ['impersonate:user-info']},
       {apiGroups: [authentication.k8s.io], resources: [nodes], verbs: ['impersonate:associated-node']},
       {apiGroups: [''], resources: [pods],
        verbs: ['impersonate-on:user-info:list', 'impersonate-on:associated-node:list']}]
      """
          .replace("\n", " ");

  @Test
  void constrainedImpersonation_isForTheseRequestsOnly() throws Exception {
    grant("deputy", ACT, "impersonate:user-info", "authentication.k8s.io", "groups");
    grant(
        "jane",
        "[{apiGroups: [''], resources: [pods, secrets], verbs: [list]}]",
        "list",
        "",
        "pods");
    // kubectl's own discovery would need rights as well.
    String pods = "/api/v1/namespaces/default/pods";
    String as = "--kubeconfig=" + kubeconfigOf("deputy");
    assertThat(cluster.kubectl(as, "--as=jane", "get", "--raw", pods).text()).contains("PodList");
    assertThat(
            cluster
                .kubectl(as, "--as=jane", "get", "--raw", "/api/v1/namespaces/default/secrets")
                .text())
        .contains(
            "User \"deputy\" cannot impersonate-on:user-info:list resource \"secrets\" in API group"
                + " \"\" in the namespace \"default\"");
    assertThat(cluster.kubectl(as, "--as=joe", "get", "--raw", pods).text())
        .contains(
            "users.authentication.k8s.io \"joe\" is forbidden: User \"deputy\" cannot"
                + " impersonate:user-info resource \"users\" in API group \"authentication.k8s.io\"");
    assertThat(
            cluster
                .kubectl(as, "--as=jane", "--as-group=system:masters", "get", "--raw", pods)
                .text())
        .contains("impersonating the system:masters group is not allowed");
    assertThat(cluster.kubectl(as, "--as=system:node:n", "get", "--raw", pods).text())
        .contains("cannot impersonate-on:arbitrary-node:list resource \"pods\"");
  }

  /** A kubeconfig of a user, by a certificate that the cluster's authority issues. */
  private Path kubeconfigOf(String user) throws Exception {
    var authority =
        new CertificateAuthority(
            new KeyAndCertificate(
                Pem.privateKey(Files.readString(directory.resolve("data/pki/ca.key"))),
                Pem.certificate(Files.readString(directory.resolve("data/pki/ca.crt")))));
    var client =
        authority.issue(
            CertificateAuthority.Request.client(user, List.of(), Duration.ofDays(1)),
            Instant.now());
    return Files.writeString(
        directory.resolve(user + ".kubeconfig"),
        Kubeconfig.text(
            new Kubeconfig.Access(
                cluster.server(),
                Files.readString(directory.resolve("data/pki/ca.crt")),
                client.certificatePem(),
                client.keyPem())));
  }
}
