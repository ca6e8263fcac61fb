package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A control plane in which users get rights by RBAC. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AuthorizationFixture {

  static final String GROUP = "rbac.authorization.k8s.io";
  static final GroupVersionResource CLUSTER_ROLES = rbac("clusterroles");
  static final GroupVersionResource BINDINGS = rbac("clusterrolebindings");
  static final GroupVersionResource REVIEWS =
      GroupVersionResource.of("authorization.k8s.io", "v1", "subjectaccessreviews");
  static final GroupVersionResource RULES =
      GroupVersionResource.of("authorization.k8s.io", "v1", "selfsubjectrulesreviews");

  TestCluster cluster;
  Client admin;
  Path directory;

  static GroupVersionResource rbac(String resource) {
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

  Client as(String name, String... groups) {
    return new Client(admin.transport().as(UserInfo.of(name, groups)));
  }

  static ObjectNode yaml(String text) {
    return (ObjectNode) Yaml.read(text.getBytes(StandardCharsets.UTF_8));
  }

  static ObjectNode role(String name, String rules) {
    return yaml(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: %s}, rules: %s}"
            .formatted(name, rules));
  }

  static ObjectNode binding(String name, String role, String user) {
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
  void grant(String user, String rules, String verb, String group, String resource) {
    String name = user + "-" + System.nanoTime();
    KubeObject unused = admin.create(CLUSTER_ROLES, "", role(name, rules));
    unused = admin.create(BINDINGS, "", binding(name, name, user));
    Awaitility.await().until(() -> allowed(user, verb, group, resource, ""));
  }

  boolean allowed(String user, String verb, String group, String resource, String name) {
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

  static void refused(ThrowingCallable call, String why) {
    StatusException refusal = catchThrowableOfType(StatusException.class, call);
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(403);
    assertThat(refusal.getMessage()).contains(why);
  }
}
