package dev.coracle.cli.rbac;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Rights are recorded, enough and none too many; decisions are explained. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RbacCommandTest {

  private static final String WORK =
      """
      set -e
      kubectl create configmap settings --from-literal=a=b
      kubectl get configmap settings
      kubectl delete configmap settings --wait=false
      kubectl get pods,services -n kube-system
      kubectl get nodes
      kubectl get --raw /metrics > /dev/null
      """;

  private TestCluster cluster;
  private Client admin;
  private Path directory;

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

  private record Ran(int code, String out, String err) {}

  private Ran coracle(java.util.concurrent.Callable<Integer> command, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> all = new ArrayList<>(List.of("--kubeconfig=" + cluster.kubeconfig()));
    all.addAll(List.of(arguments));
    int code =
        new CommandLine(command)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .setExecutionExceptionHandler(
                (error, line, parsed) -> {
                  line.getErr().println(error.getMessage());
                  return 1;
                })
            .execute(all.toArray(new String[0]));
    return new Ran(code, out.toString(), err.toString());
  }

  private List<ObjectNode> recorded(Ran ran) {
    assertThat(ran.code).as(ran.err).isZero();
    return Yaml.readAll(ran.out.getBytes(java.nio.charset.StandardCharsets.UTF_8)).stream()
        .map(document -> (ObjectNode) document)
        .toList();
  }

  private String[] work() {
    return new String[] {"--", "env", "HOME=" + directory, "sh", "-c", WORK};
  }

  private void apply(List<ObjectNode> documents) throws Exception {
    ObjectNode list = Json.object().put("apiVersion", "v1").put("kind", "List");
    list.putArray("items").addAll(documents);
    TestCluster.Output output = cluster.kubectlWithInput(list.toString(), "apply", "-f", "-");
    assertThat(output.exitCode()).as(output.text()).isZero();
  }

  /** Runs the work as the ServiceAccount {@code default/recorded}. */
  private int workAs(String token) throws Exception {
    Path kubeconfig = directory.resolve("recorded.kubeconfig");
    JsonNode own = Yaml.read(Files.readAllBytes(cluster.kubeconfig()));
    ObjectNode user = (ObjectNode) own.at("/users/0");
    user.putObject("user").put("token", token);
    Files.writeString(kubeconfig, own.toString());
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", WORK)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("work.out").toFile());
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("HOME", directory.toString());
    int code = builder.start().waitFor();
    GroupVersionResource configMaps = GroupVersionResource.core("configmaps");
    if (admin.find(configMaps, "default", "settings") != null) {
      KubeObject unused = admin.delete(configMaps, "default", "settings", DeleteOptions.DEFAULT);
    }
    return code;
  }

  /** Waits until a rule of a role is (not) in force for the ServiceAccount. */
  private void await(boolean wanted, String namespace, JsonNode rule, String verb) {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    ObjectNode spec =
        review.putObject("spec").put("user", "system:serviceaccount:default:recorded");
    if (rule.has("nonResourceURLs")) {
      spec.putObject("nonResourceAttributes")
          .put("path", rule.at("/nonResourceURLs/0").asText())
          .put("verb", verb);
    } else {
      spec.putObject("resourceAttributes")
          .put("namespace", namespace)
          .put("verb", verb)
          .put("group", rule.at("/apiGroups/0").asText())
          .put("resource", rule.at("/resources/0").asText())
          .put("name", rule.at("/resourceNames/0").asText());
    }
    GroupVersionResource reviews =
        GroupVersionResource.of("authorization.k8s.io", "v1", "subjectaccessreviews");
    Awaitility.await()
        .until(
            () ->
                admin.create(reviews, "", review.deepCopy()).at("status", "allowed").asBoolean()
                    == wanted);
  }

  @Test
  void record_givesWhatIsNeeded_andEveryVerbIs() throws Exception {
    List<ObjectNode> documents = recorded(coracle(new RbacRecordCommand(), work()));
    assertThat(documents.stream().map(one -> one.path("kind").asText()))
        .containsExactly(
            "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Role", "RoleBinding");
    assertThat(documents.get(2).at("/rules").toString())
        .isEqualTo(
            "[{\"apiGroups\":[\"\"],\"resourceNames\":[\"settings\"],"
                + "\"resources\":[\"configmaps\"],\"verbs\":[\"get\",\"delete\"]},"
                + "{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],\"verbs\":[\"create\"]}]");
    assertThat(documents.get(4).at("/rules").toString())
        .isEqualTo(
            "[{\"apiGroups\":[\"\"],\"resources\":[\"pods\",\"services\"],\"verbs\":[\"list\"]}]");
    assertThat(documents.getFirst().at("/rules").toString())
        .isEqualTo(
            "[{\"apiGroups\":[\"\"],\"resources\":[\"nodes\"],\"verbs\":[\"list\"]},"
                + "{\"nonResourceURLs\":[\"/metrics\"],\"verbs\":[\"get\"]}]");
    assertThat(accounts()).noneMatch(name -> name.startsWith("coracle-record"));

    TestCluster.Output unused = cluster.kubectl("create", "serviceaccount", "recorded");
    String token = cluster.kubectl("create", "token", "recorded").text().strip();
    apply(documents);
    for (ObjectNode role : documents) {
      for (JsonNode rule : role.path("rules")) {
        await(true, role.at("/metadata/namespace").asText(), rule, rule.at("/verbs/0").asText());
      }
    }
    assertThat(workAs(token)).as(Files.readString(directory.resolve("work.out"))).isZero();
    for (ObjectNode role : documents) {
      for (int i = 0; i < role.path("rules").size(); i++) {
        for (int j = 0; j < role.at("/rules/" + i + "/verbs").size(); j++) {
          failsWithout(role, i, j, token);
        }
      }
    }
  }

  private void failsWithout(ObjectNode role, int rule, int verb, String token) throws Exception {
    ObjectNode less = role.deepCopy();
    ArrayNode verbs = (ArrayNode) less.at("/rules/" + rule + "/verbs");
    String without = verbs.remove(verb).asText();
    if (verbs.isEmpty()) {
      verbs.add("none");
    }
    update(less);
    String namespace = role.at("/metadata/namespace").asText();
    JsonNode whole = role.at("/rules/" + rule);
    await(false, namespace, whole, without);
    assertThat(workAs(token)).as("without " + without + " of " + whole).isNotZero();
    update(role);
    await(true, namespace, whole, without);
  }

  private void update(ObjectNode role) {
    boolean cluster = role.path("kind").asText().equals("ClusterRole");
    KubeObject unused =
        admin.update(
            GroupVersionResource.of(
                "rbac.authorization.k8s.io", "v1", cluster ? "clusterroles" : "roles"),
            role.at("/metadata/namespace").asText(),
            role.at("/metadata/name").asText(),
            role.deepCopy());
  }

  private List<String> accounts() {
    return admin
        .list(GroupVersionResource.core("serviceaccounts"), "default", ListOptions.ALL)
        .items()
        .stream()
        .map(KubeObject::name)
        .toList();
  }

  @Test
  void record_asSomebody_bindsThem_andPassesTheExitCodeOn() throws Exception {
    Path file = directory.resolve("jane.yaml");
    Ran ran =
        coracle(
            new RbacRecordCommand(),
            "--as=jane",
            "--name=janes",
            "-o",
            file.toString(),
            "--",
            "sh",
            "-c",
            "kubectl get deployments -n kube-public > /dev/null 2>&1; exit 7");
    assertThat(ran.code).as(ran.err).isEqualTo(7);
    assertThat(ran.err).contains("denied, and in the roles all the same: list deployments");
    List<JsonNode> documents = Yaml.readAll(Files.readAllBytes(file));
    assertThat(documents).hasSize(2);
    assertThat(documents.getFirst().at("/metadata").toString())
        .isEqualTo("{\"name\":\"janes\",\"namespace\":\"kube-public\"}");
    assertThat(documents.getFirst().at("/rules/0/apiGroups/0").asText()).isEqualTo("apps");
    assertThat(documents.get(1).at("/subjects/0/name").asText()).isEqualTo("jane");
  }

  @Test
  void record_sameInTwoNamespaces_isOneClusterRole() {
    List<ObjectNode> documents =
        recorded(
            coracle(
                new RbacRecordCommand(),
                "--",
                "sh",
                "-c",
                "kubectl get secrets; kubectl get secrets -n kube-public;"
                    + " kubectl auth can-i create pods"));
    assertThat(documents.stream().map(one -> one.path("kind").asText()))
        .containsExactly("ClusterRole", "RoleBinding", "RoleBinding");
    assertThat(documents.getFirst().path("rules")).hasSize(1);
  }

  @Test
  void record_badCommandOrRights_isOneSentence() {
    Ran missing = coracle(new RbacRecordCommand(), "--", "/does/not/exist");
    assertThat(missing.code).isEqualTo(1);
    assertThat(missing.err).startsWith("cannot run /does/not/exist");
    assertThat(accounts()).noneMatch(name -> name.startsWith("coracle-record"));
    Ran account =
        coracle(new RbacRecordCommand(), "--as=system:serviceaccount:default:nobody", "--", "true");
    assertThat(account.err).isEqualTo("serviceaccounts \"nobody\" not found\n");
  }

  @Test
  void decisions_areForAdministratorsAlone_andNeedAUser() throws Exception {
    assertThat(
            cluster
                .kubectl("get", "--raw", "/coracle/authorizations?user=jane", "--as=jane")
                .text())
        .contains("cannot get path \"/coracle/authorizations\"");
    assertThat(cluster.kubectl("get", "--raw", "/coracle/authorizations").text())
        .contains("name the user");
  }

  @Test
  void explain_namesBindingAndRule_orWhatComesNear() throws Exception {
    for (String[] step :
        new String[][] {
          {"create", "role", "reader", "--verb=get", "--resource=secrets", "--resource-name=one"},
          {"create", "rolebinding", "readers", "--role=reader", "--user=ann", "--group=devs"},
          {"create", "rolebinding", "viewers", "--clusterrole=view", "--user=ann"}
        }) {
      TestCluster.Output output = cluster.kubectl(step);
      assertThat(output.exitCode()).as(output.text()).isZero();
    }
    Awaitility.await().until(() -> explain("list", "pods", "--as=ann").code == 0);
    // Roles come by another way than what binds them.
    Awaitility.await().until(() -> explain("get", "secrets", "one", "--as=ann").code == 0);
    assertThat(explain("get", "secrets", "one", "--as=ann").out)
        .isEqualTo(
            """
            allowed: ann get secrets named one in the namespace default
              by RoleBinding "readers/default" of Role "reader" to User "ann", rule {APIGroups:[""], Resources:["secrets"], ResourceNames:["one"], Verbs:["get"]}
            """);
    assertThat(explain("get", "secret", "one", "--as=x", "--as-group=devs").out)
        .contains("to Group \"devs\"");
    Ran two = explain("get", "secrets", "two", "--as=ann");
    assertThat(two.code).as(two.err).isEqualTo(1);
    assertThat(two.out)
        .as(two.err)
        .startsWith("denied: ann get secrets named two in the namespace default")
        .contains("near: RoleBinding \"readers/default\"", "has not the name \"two\"")
        .contains("would do if bound: ", "ClusterRole \"cluster-admin\"");
    assertThat(explain("delete", "secrets", "one", "--as=ann").out)
        .contains("has not the verb \"delete\"");
    assertThat(explain("create", "pods/exec", "--as=ann").out).contains("ClusterRole \"edit\"");
    assertThat(explain("get", "secrets", "one", "-n", "kube-system", "--as=ann").out)
        .contains("holds in the namespace \"default\" alone");
    assertThat(explain("get", "/healthz", "--as=ann").out)
        .contains("ClusterRoleBinding \"system:public-info-viewer\"");
    assertThat(explain("delete", "nodes").out).contains("to Group \"system:masters\"");
    assertThat(explain("delete", "nodes", "--as=nobody-at-all").out)
        .contains("no binding of this user or its groups comes near");
    assertThat(explain("get", "gadgets", "--as=ann").err).contains("resource type 'gadgets'");
  }

  private Ran explain(String... arguments) {
    return coracle(new RbacExplainCommand(), arguments);
  }
}
