package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code kubectl create token} and {@code kubectl auth}: what they print, and what it is worth. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubectlIdentityTest {

  private TestCluster cluster;
  private Path directory;

  @BeforeAll
  void start(@TempDir Path given) throws Exception {
    directory = given;
    cluster = TestCluster.controlPlane(given);
    ok("create", "serviceaccount", "robot");
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private String ok(String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectl(arguments);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text().strip();
  }

  private String failed(String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectl(arguments);
    assertThat(output.exitCode()).as(output.text()).isNotZero();
    return output.text().strip();
  }

  private static JsonNode claims(String token) {
    return Json.read(
        new String(Base64.getUrlDecoder().decode(token.split("\\.")[1]), StandardCharsets.UTF_8));
  }

  private static long seconds(JsonNode claims) {
    return claims.path("exp").asLong() - claims.path("iat").asLong();
  }

  private String whoAmI(String token) throws Exception {
    return cluster
        .kubectl(
            "--kubeconfig=/dev/null",
            "--server=" + cluster.server(),
            "--insecure-skip-tls-verify",
            "--token=" + token,
            "auth",
            "whoami")
        .text();
  }

  @Test
  void createToken_durationsAndAudiences() throws Exception {
    String usual = ok("create", "token", "robot");
    assertThat(seconds(claims(usual))).isEqualTo(3600);
    assertThat(claims(usual).path("aud").toString())
        .isEqualTo("[\"https://kubernetes.default.svc\"]");
    assertThat(whoAmI(usual)).contains("system:serviceaccount:default:robot");

    assertThat(seconds(claims(ok("create", "token", "robot", "--duration=10m")))).isEqualTo(600);
    assertThat(failed("create", "token", "robot", "--duration=9m59s"))
        .contains(
            "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10"
                + " minutes");
    assertThat(failed("create", "token", "robot", "--duration=-1s"))
        .contains("must be greater than or equal to 0");

    String foreign = ok("create", "token", "robot", "--audience=vault", "--audience=other");
    assertThat(claims(foreign).path("aud").toString()).isEqualTo("[\"vault\",\"other\"]");
    assertThat(whoAmI(foreign)).contains("Unauthorized");
    assertThat(failed("create", "token", "nobody"))
        .contains("serviceaccounts \"nobody\" not found");
    assertThat(failed("create", "token", "robot", "-n", "nowhere")).contains("not found");
  }

  @Test
  void createToken_boundToASecret_endsWithIt() throws Exception {
    ok("create", "secret", "generic", "anchor");
    String uid = ok("get", "secret", "anchor", "-o", "jsonpath={.metadata.uid}");
    String token =
        ok(
            "create",
            "token",
            "robot",
            "--bound-object-kind=Secret",
            "--bound-object-name=anchor",
            "--bound-object-uid=" + uid);
    assertThat(claims(token).path("kubernetes.io").path("secret").path("uid").asText())
        .isEqualTo(uid);
    assertThat(whoAmI(token)).contains("system:serviceaccount:default:robot");
    assertThat(
            failed(
                "create",
                "token",
                "robot",
                "--bound-object-kind=Secret",
                "--bound-object-name=anchor",
                "--bound-object-uid=11111111-2222-3333-4444-555555555555"))
        .contains("the UID in the bound object reference")
        .contains("does not match the UID in record");
    assertThat(
            failed(
                "create", "token", "robot", "--bound-object-kind=Pod", "--bound-object-name=gone"))
        .contains("pods \"gone\" not found");
    assertThat(
            failed(
                "create",
                "token",
                "robot",
                "--bound-object-kind=ConfigMap",
                "--bound-object-name=x"))
        .contains("supported --bound-object-kind values are Node, Pod, Secret");

    ok("delete", "secret", "anchor");
    Awaitility.await().untilAsserted(() -> assertThat(whoAmI(token)).contains("Unauthorized"));
  }

  private boolean can(String... question) throws Exception {
    List<String> command = new ArrayList<>(List.of("auth", "can-i"));
    command.addAll(List.of(question));
    TestCluster.Output output = cluster.kubectl(command.toArray(new String[0]));
    boolean yes = output.text().strip().endsWith("yes");
    assertThat(output.exitCode()).as(output.text()).isEqualTo(yes ? 0 : 1);
    return yes;
  }

  @Test
  void canI_answersForResourcesSubresourcesNamesAndPaths() throws Exception {
    ok("create", "role", "loghouse", "--verb=get", "--resource=pods/log,deployments.apps/scale");
    ok("create", "role", "one", "--verb=get,update", "--resource=secrets", "--resource-name=key");
    ok("create", "clusterrole", "health", "--verb=get", "--non-resource-url=/logs/*");
    ok("create", "rolebinding", "loghouse", "--role=loghouse", "--group=loggers");
    ok("create", "rolebinding", "one", "--role=one", "--serviceaccount=default:robot");
    ok("create", "clusterrolebinding", "health", "--clusterrole=health", "--user=lou");
    Awaitility.await().until(() -> can("get", "/logs/a/b", "--as=lou"));
    String[] logger = {"--as=x", "--as-group=loggers"};
    String robot = "--as=system:serviceaccount:default:robot";
    // Each kind of what was made comes by a way of its own.
    Awaitility.await().until(() -> can("get", "pods", "--subresource=log", logger[0], logger[1]));
    Awaitility.await().until(() -> can("update", "secret/key", robot));
    assertThat(can("get", "pods/log", logger[0], logger[1])).isFalse();
    assertThat(can("get", "pods", logger[0], logger[1])).isFalse();
    assertThat(can("get", "deploy", "--subresource=scale", logger[0], logger[1])).isTrue();
    assertThat(can("get", "pods", "--subresource=log", "-n", "kube-system", logger[0], logger[1]))
        .isFalse();
    assertThat(can("update", "secret/other", robot)).isFalse();
    assertThat(can("update", "secrets", robot)).isFalse();
    assertThat(can("get", "/logs", "--as=lou")).isFalse();
    assertThat(can("get", "/version", "--as=lou")).isTrue();
    assertThat(can("*", "*", "--all-namespaces")).isTrue();
    assertThat(can("get", "nodes", "-q", "--as=lou")).isFalse();

    List<String> listed = ok("auth", "can-i", "--list", robot).lines().toList();
    assertThat(listed.getFirst()).matches("Resources +Non-Resource URLs +Resource Names +Verbs");
    assertThat(listed)
        .anyMatch(line -> line.matches("secrets +\\[] +\\[key] +\\[get update]"))
        .anyMatch(line -> line.matches(" +\\[/version] +\\[] +\\[get]"))
        .noneMatch(line -> line.startsWith("pods"));
    assertThat(ok("auth", "can-i", "--list", "-n", "kube-system", robot)).doesNotContain("[key]");
  }

  @Test
  void whoami_showsAllOfTheUser() throws Exception {
    assertThat(
            ok(
                "auth",
                "whoami",
                "--as=ann",
                "--as-group=devs",
                "--as-uid=7",
                "-o",
                "jsonpath={.status.userInfo}"))
        .isEqualTo(
            "{\"groups\":[\"devs\",\"system:authenticated\"],\"uid\":\"7\",\"username\":\"ann\"}");
    assertThat(whoAmI(ok("create", "token", "robot")).lines().toList())
        .anyMatch(line -> line.matches("Username +system:serviceaccount:default:robot"))
        .anyMatch(
            line ->
                line.matches(
                    "Groups +\\[system:serviceaccounts system:serviceaccounts:default"
                        + " system:authenticated]"))
        .anyMatch(line -> line.startsWith("Extra: authentication.kubernetes.io/credential-id"));
  }

  private void reconcile(String verbs, String subject, String... more) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("reconcile.yaml"),
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: reconciled, labels: {kept: here}}
            rules: [{apiGroups: [''], resources: [pods], verbs: [%s]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: reconciled}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reconciled}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
            """
                .formatted(verbs, subject));
    List<String> command = new ArrayList<>(List.of("auth", "reconcile", "-f", file.toString()));
    command.addAll(List.of(more));
    assertThat(ok(command.toArray(new String[0])))
        .contains("clusterrole.rbac.authorization.k8s.io/reconciled reconciled");
  }

  private String verbs() throws Exception {
    return ok("get", "clusterrole", "reconciled", "-o", "jsonpath={.rules[*].verbs}");
  }

  private String subjects() throws Exception {
    return ok("get", "clusterrolebinding", "reconciled", "-o", "jsonpath={.subjects[*].name}");
  }

  @Test
  void reconcile_createsAddsAndRemoves() throws Exception {
    reconcile("get", "ann");
    assertThat(verbs()).isEqualTo("[\"get\"]");
    reconcile("list", "bob");
    assertThat(verbs()).contains("get", "list");
    assertThat(subjects()).isEqualTo("ann bob");
    reconcile("list", "bob", "--remove-extra-permissions", "--remove-extra-subjects");
    assertThat(verbs()).isEqualTo("[\"list\"]");
    assertThat(subjects()).isEqualTo("bob");
    reconcile("watch", "eve", "--dry-run=client");
    assertThat(verbs()).isEqualTo("[\"list\"]");
    Path other =
        Files.writeString(
            directory.resolve("other.yaml"),
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: reconciled}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: zoe}]
            """);
    // Another role: the binding is made anew.
    assertThat(ok("auth", "reconcile", "-f", other.toString())).contains("reconciled");
    assertThat(ok("get", "clusterrolebinding", "reconciled", "-o", "jsonpath={.roleRef.name}"))
        .isEqualTo("view");
  }
}
