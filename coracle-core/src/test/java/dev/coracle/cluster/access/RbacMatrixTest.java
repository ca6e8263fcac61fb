package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.rbac.RbacAuthorizer;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.access.PlainPolicy.Request;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every bootstrap role, and random ones, against every resource and verb: what RBAC decides of a
 * running cluster's policy is what {@link PlainPolicy} reads in it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RbacMatrixTest {

  private static final long SEED = 20_260_936L;
  private static final String GROUP = "rbac.authorization.k8s.io";
  private static final List<String> NAMESPACES = List.of("kube-system", "kube-public", "default");
  private static final List<String> PATHS =
      List.of("/", "/api", "/apis/apps/v1", "/healthz", "/healthz/ping", "/metrics", "/logs/a/b");

  private TestCluster cluster;
  private Client admin;
  private InformerFactory informers;
  private RbacAuthorizer rbac;
  private final SystemClock clock = new SystemClock();
  private final Set<String> resources = new TreeSet<>();
  private final Set<String> verbs = new TreeSet<>(List.of("fly"));
  private int decided;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster = TestCluster.controlPlane(directory);
    admin = cluster.client();
    informers = new InformerFactory(admin, clock);
    rbac = new RbacAuthorizer(informers);
    rbac.awaitSync();
    discover("", "/api/v1");
    for (JsonNode group : admin.transport().read("/apis").path("groups")) {
      for (JsonNode version : group.path("versions")) {
        discover(group.path("name").asText(), "/apis/" + version.path("groupVersion").asText());
      }
    }
    for (KubeObject role : list("clusterroles")) {
      for (JsonNode rule : role.at("rules")) {
        rule.path("verbs").forEach(verb -> verbs.add(verb.asText()));
      }
    }
  }

  @AfterAll
  void stop() {
    informers.close();
    cluster.close();
    clock.close();
  }

  /** Adds {@code group|resource/subresource}, and verbs. */
  private void discover(String group, String path) {
    for (JsonNode resource : admin.transport().read(path).path("resources")) {
      resources.add(group + "|" + resource.path("name").asText());
      resource.path("verbs").forEach(verb -> verbs.add(verb.asText()));
    }
  }

  private static GroupVersionResource of(String resource) {
    return GroupVersionResource.of(GROUP, "v1", resource);
  }

  private List<KubeObject> list(String resource) {
    return admin.list(of(resource), "", ListOptions.ALL).items();
  }

  private PlainPolicy policy() {
    List<KubeObject> bindings = new ArrayList<>(list("clusterrolebindings"));
    bindings.addAll(list("rolebindings"));
    return new PlainPolicy(list("clusterroles"), list("roles"), bindings);
  }

  private static ObjectNode object(String kind, String name) {
    ObjectNode object = Json.object().put("apiVersion", GROUP + "/v1").put("kind", kind);
    object.putObject("metadata").put("name", name);
    return object;
  }

  private void bind(String namespace, String name, String kind, String role, ObjectNode subject) {
    ObjectNode binding = object(namespace.isEmpty() ? "ClusterRoleBinding" : "RoleBinding", name);
    binding.putObject("roleRef").put("apiGroup", GROUP).put("kind", kind).put("name", role);
    binding.putArray("subjects").add(subject);
    KubeObject unused =
        admin.create(
            of(namespace.isEmpty() ? "clusterrolebindings" : "rolebindings"), namespace, binding);
  }

  private static ObjectNode subject(String kind, String name) {
    return Json.object().put("kind", kind).put("apiGroup", GROUP).put("name", name);
  }

  /** Waits until our authorizer knows as much as a right that was given last. */
  private void awaitLast(String name) {
    ObjectNode role = object("ClusterRole", name);
    role.putArray("rules").addObject().putArray("verbs").add("get");
    ((ObjectNode) role.at("/rules/0")).putArray("nonResourceURLs").add("/" + name);
    KubeObject unused = admin.create(of("clusterroles"), "", role);
    bind("", name, "ClusterRole", name, subject("User", name));
    bind("default", name, "ClusterRole", name, subject("User", name + "-in-default"));
    ObjectNode local = object("Role", name);
    ObjectNode rule = local.putArray("rules").addObject();
    rule.putArray("verbs").add("get");
    rule.putArray("apiGroups").add("");
    rule.putArray("resources").add(name);
    unused = admin.create(of("roles"), "default", local);
    bind("default", name + "-local", "Role", name, subject("User", name + "-by-role"));
    UserInfo byRole = UserInfo.of(name + "-by-role");
    UserInfo user = UserInfo.of(name);
    UserInfo inside = UserInfo.of(name + "-in-default");
    Awaitility.await()
        .until(
            () ->
                !rbac.rulesFor(user, "").isEmpty()
                    && !rbac.rulesFor(inside, "default").isEmpty()
                    && !rbac.rulesFor(byRole, "default").isEmpty()
                    && aggregated());
  }

  /** Whether the roles that gather others have what those give. */
  private boolean aggregated() {
    return list("clusterroles").stream()
        .filter(role -> role.at("aggregationRule").isObject())
        .filter(role -> !role.name().startsWith("random"))
        .noneMatch(role -> role.at("rules").isEmpty());
  }

  /** Whether each random role that gathers others has all the rules of those. */
  private boolean gathered() {
    List<KubeObject> roles = list("clusterroles");
    for (KubeObject role : roles) {
      if (!role.name().startsWith("random") || !role.at("aggregationRule").isObject()) {
        continue;
      }
      String wanted =
          role.at("aggregationRule", "clusterRoleSelectors")
              .path(0)
              .at("/matchLabels/gather")
              .asText();
      Set<String> has = new HashSet<>();
      role.at("rules").forEach(rule -> has.add(rule.toString()));
      for (KubeObject other : roles) {
        if (wanted.equals(other.labels().get("gather"))
            && !has.containsAll(
                StreamSupport.stream(other.at("rules").spliterator(), false)
                    .map(JsonNode::toString)
                    .toList())) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean ours(UserInfo user, String namespace, Request asked) {
    decided++;
    int slash = asked.resource().indexOf('/');
    boolean isResource = !asked.resource().isEmpty();
    return rbac.authorize(
            new AuthorizationAttributes(
                user,
                asked.verb(),
                isResource,
                asked.group(),
                isResource ? "v1" : "",
                slash < 0 ? asked.resource() : asked.resource().substring(0, slash),
                slash < 0 ? "" : asked.resource().substring(slash + 1),
                namespace,
                asked.name(),
                asked.path(),
                List.of(),
                List.of()))
        .allowed();
  }

  @Test
  void everyBootstrapRole_everyResource_everyVerb_isDecidedAsDocumented() {
    List<String> clusterRoles =
        list("clusterroles").stream()
            .filter(role -> role.labels().containsKey("kubernetes.io/bootstrapping"))
            .map(KubeObject::name)
            .toList();
    List<String[]> cases = new ArrayList<>();
    for (String role : clusterRoles) {
      String user = "holder-of-" + role;
      bind("", "matrix-" + role, "ClusterRole", role, subject("User", user));
      cases.add(new String[] {user, ""});
    }
    for (KubeObject role : list("roles")) {
      String user = "holder-in-" + role.namespace() + "-of-" + role.name();
      bind(role.namespace(), "m-" + role.name(), "Role", role.name(), subject("User", user));
      cases.add(new String[] {user, role.namespace()});
      cases.add(new String[] {user, ""});
    }
    awaitLast("matrix-is-complete");
    PlainPolicy policy = policy();
    List<String> wrong = new ArrayList<>();
    for (String[] one : cases) {
      UserInfo user = UserInfo.of(one[0]);
      PlainPolicy.Rights plain = policy.rights(user, one[1]);
      for (String resource : resources) {
        String group = resource.substring(0, resource.indexOf('|'));
        String name = resource.substring(group.length() + 1);
        for (String verb : verbs) {
          for (String object : List.of("", "some-name", "kube-scheduler")) {
            Request asked = new Request(verb, group, name, one[1], object, "");
            if (ours(user, one[1], asked) != plain.allow(asked)) {
              wrong.add(one[0] + ": " + asked);
            }
          }
        }
      }
      PlainPolicy.Rights everywhere = policy.rights(user, "");
      for (String path : PATHS) {
        for (String verb : verbs) {
          Request asked = new Request(verb, "", "", "", "", path);
          if (ours(user, "", asked) != everywhere.allow(asked)) {
            wrong.add(one[0] + ": " + asked);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(clusterRoles).hasSizeGreaterThan(60);
    assertThat(resources).hasSizeGreaterThan(100).contains("|pods/log", "apps|deployments/scale");
    assertThat(decided).isGreaterThan(300_000);
  }

  private static final List<String> GROUPS = List.of("", "apps", "batch", "*", "example.com");
  private static final List<String> RESOURCES =
      List.of("pods", "pods/log", "*/log", "*", "deployments/scale", "*/scale", "jobs", "pods/*");
  private static final List<String> VERBS = List.of("get", "list", "create", "delete", "*");
  private static final List<String> NAMES = List.of("a", "b", "");
  private static final List<String> URLS =
      List.of("*", "/", "/logs", "/logs/*", "/healthz", "/health*", "/metrics/", "/api*");

  private static void some(Random random, ArrayNode into, List<String> of, int least) {
    int count = least + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      into.add(of.get(random.nextInt(of.size())));
    }
  }

  private static ArrayNode rules(Random random, boolean urls) {
    ArrayNode rules = Json.array();
    for (int i = random.nextInt(4); i >= 0; i--) {
      ObjectNode rule = rules.addObject();
      some(random, rule.putArray("verbs"), VERBS, 1);
      if (urls && random.nextInt(3) == 0) {
        some(random, rule.putArray("nonResourceURLs"), URLS, 1);
        continue;
      }
      some(random, rule.putArray("apiGroups"), GROUPS, 1);
      some(random, rule.putArray("resources"), RESOURCES, 1);
      if (random.nextInt(3) == 0) {
        some(random, rule.putArray("resourceNames"), NAMES, 1);
      }
    }
    return rules;
  }

  private static ObjectNode subject(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> subject("User", "u" + random.nextInt(4));
      case 1 -> subject("Group", "g" + random.nextInt(4));
      default ->
          Json.object()
              .put("kind", "ServiceAccount")
              .put("name", "s" + random.nextInt(2))
              .put("namespace", NAMESPACES.get(random.nextInt(3)));
    };
  }

  private static UserInfo user(Random random) {
    String[] groups = {"g" + random.nextInt(4), "g" + random.nextInt(8)};
    return random.nextBoolean()
        ? UserInfo.of("u" + random.nextInt(6), groups)
        : UserInfo.of(
            "system:serviceaccount:" + NAMESPACES.get(random.nextInt(3)) + ":s" + random.nextInt(3),
            "system:serviceaccounts");
  }

  @Test
  void randomPolicy_isDecidedAsDocumented() {
    Random random = new Random(SEED);
    for (int i = 0; i < 40; i++) {
      ObjectNode role = object("ClusterRole", "random-" + i);
      if (i % 10 == 9) {
        role.putObject("aggregationRule")
            .putArray("clusterRoleSelectors")
            .addObject()
            .putObject("matchLabels")
            .put("gather", "g" + random.nextInt(3));
      } else {
        role.set("rules", rules(random, true));
        role.withObject("/metadata").putObject("labels").put("gather", "g" + random.nextInt(3));
      }
      KubeObject unused = admin.create(of("clusterroles"), "", role);
      String namespace = NAMESPACES.get(random.nextInt(3));
      ObjectNode local = object("Role", "random-" + i);
      local.set("rules", rules(random, false));
      unused = admin.create(of("roles"), namespace, local);
      bind("", "random-" + i, "ClusterRole", "random-" + random.nextInt(45), subject(random));
      bind(namespace, "local-" + i, "Role", "random-" + i, subject(random));
      bind(namespace, "wide-" + i, "ClusterRole", "random-" + i, subject(random));
    }
    Awaitility.await().until(this::gathered);
    awaitLast("random-policy-is-complete");
    PlainPolicy policy = policy();
    List<String> wrong = new ArrayList<>();
    int allowed = 0;
    for (int i = 0; i < 20_000; i++) {
      UserInfo user = user(random);
      boolean path = random.nextInt(4) == 0;
      String namespace = path || random.nextInt(4) == 0 ? "" : NAMESPACES.get(random.nextInt(3));
      Request asked =
          path
              ? new Request(pick(random, VERBS), "", "", "", "", pick(random, PATHS))
              : new Request(
                  pick(random, VERBS.subList(0, 4)),
                  pick(random, List.of("", "apps", "batch", "example.com", "other")),
                  pick(random, List.of("pods", "pods/log", "pods/exec", "deployments/scale", "x")),
                  namespace,
                  pick(random, List.of("", "a", "b", "c")),
                  "");
      boolean plain = policy.rights(user, namespace).allow(asked);
      if (ours(user, namespace, asked) != plain) {
        wrong.add(user + " in '" + namespace + "' " + asked);
      }
      allowed += plain ? 1 : 0;
    }
    assertThat(wrong).as("seed %d", SEED).isEmpty();
    assertThat(allowed).isBetween(2_000, 18_000);
  }

  private static String pick(Random random, List<String> of) {
    return of.get(random.nextInt(of.size()));
  }
}
