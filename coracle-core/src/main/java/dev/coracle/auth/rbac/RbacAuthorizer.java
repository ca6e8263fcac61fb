package dev.coracle.auth.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * RBAC: a request is allowed if any rule of any role bound to the user or one of the groups allows
 * it (cluster-wide by a ClusterRoleBinding, in its namespace by a RoleBinding). Never denies.
 *
 * <p>Reads roles and bindings from informers and keeps an index by subject, which is made anew at
 * the first question after a change.
 */
public final class RbacAuthorizer implements Authorizer {

  private static final String GROUP = "rbac.authorization.k8s.io";

  /** A binding as the index has it. */
  private record Grant(String description, List<PolicyRule> rules) {}

  /** Told of one rule that holds, and where it comes from; says whether to go on. */
  private interface Visitor {
    boolean visit(Grant grant, String subject, PolicyRule rule);
  }

  /**
   * A rule that holds for a user.
   *
   * @param source the binding, its role and the subject, as Kubernetes names them in its reasons
   */
  public record Held(String source, PolicyRule rule) {}

  /**
   * Grants by subject, and the rules of the roles that they name.
   *
   * @param changes how many changes it knows of
   */
  private record Index(
      Map<String, List<Grant>> clusterWide,
      Map<String, List<Grant>> namespaced,
      Map<KubeObject, List<PolicyRule>> rules,
      long changes) {

    static final Index NONE = new Index(Map.of(), Map.of(), Map.of(), -1);
  }

  private final SharedInformer roles;
  private final SharedInformer clusterRoles;
  private final SharedInformer roleBindings;
  private final SharedInformer clusterRoleBindings;
  private final AtomicLong changes = new AtomicLong();
  private volatile Index index = Index.NONE;

  /** Starts the informers; questions before {@link #awaitSync()} see what is there so far. */
  public RbacAuthorizer(Informers informers) {
    roles = watch(informers, "roles");
    clusterRoles = watch(informers, "clusterroles");
    roleBindings = watch(informers, "rolebindings");
    clusterRoleBindings = watch(informers, "clusterrolebindings");
  }

  private SharedInformer watch(Informers informers, String resource) {
    SharedInformer informer = informers.of(GroupVersionResource.of(GROUP, "v1", resource));
    informer.addHandler(SharedInformer.each(changed -> changes.incrementAndGet()));
    return informer;
  }

  public void awaitSync() throws InterruptedException {
    roles.awaitSync();
    clusterRoles.awaitSync();
    roleBindings.awaitSync();
    clusterRoleBindings.awaitSync();
  }

  @Override
  public Answer authorize(AuthorizationAttributes attributes) {
    String[] found = new String[1];
    visit(
        attributes.user(),
        attributes.namespace(),
        (grant, subject, rule) -> {
          if (rule.allows(attributes)) {
            found[0] = source(grant, subject);
            return false;
          }
          return true;
        });
    return found[0] == null
        ? Answer.NO_OPINION
        : new Answer(Decision.ALLOW, "RBAC: allowed by " + found[0]);
  }

  private static String source(Grant grant, String subject) {
    return grant.description() + " to " + quoted(subject);
  }

  /** All rules that hold for a user in a namespace (and cluster-wide). */
  public List<PolicyRule> rulesFor(UserInfo user, String namespace) {
    List<PolicyRule> rules = new ArrayList<>();
    visit(user, namespace, (grant, subject, rule) -> rules.add(rule));
    return rules;
  }

  /** As {@link #rulesFor}, each with the binding that gives it. */
  public List<Held> heldBy(UserInfo user, String namespace) {
    List<Held> held = new ArrayList<>();
    visit(
        user,
        namespace,
        (grant, subject, rule) -> held.add(new Held(source(grant, subject), rule)));
    return held;
  }

  /** The namespaces in which there are RoleBindings. */
  List<String> boundNamespaces() {
    return roleBindings.list("").stream().map(KubeObject::namespace).distinct().sorted().toList();
  }

  /** All ClusterRoles, and the Roles of a namespace unless it is empty. */
  List<KubeObject> roles(String namespace) {
    List<KubeObject> all = new ArrayList<>(clusterRoles.list(""));
    if (!namespace.isEmpty()) {
      all.addAll(roles.list(namespace));
    }
    return all;
  }

  /** The rules of a role; null when there is no such role. */
  public @Nullable List<PolicyRule> rulesOf(String kind, String namespace, String name) {
    KubeObject role =
        kind.equals("ClusterRole") ? clusterRoles.get("", name) : roles.get(namespace, name);
    return role == null ? null : PolicyRule.read(role.tree().path("rules"));
  }

  /** Tells of every rule with the grant it comes from, until the visitor has enough. */
  private void visit(UserInfo user, String namespace, Visitor visitor) {
    Index current = index();
    List<String> subjects = new ArrayList<>(user.groups().size() + 1);
    subjects.add("User/" + user.name());
    user.groups().forEach(group -> subjects.add("Group/" + group));
    for (String subject : subjects) {
      if (!visit(current.clusterWide().getOrDefault(subject, List.of()), subject, visitor)) {
        return;
      }
    }
    if (namespace.isEmpty()) {
      return;
    }
    for (String subject : subjects) {
      if (!visit(
          current.namespaced().getOrDefault(namespace + "/" + subject, List.of()),
          subject,
          visitor)) {
        return;
      }
    }
  }

  private static boolean visit(List<Grant> grants, String subject, Visitor visitor) {
    for (Grant grant : grants) {
      for (PolicyRule rule : grant.rules()) {
        if (!visitor.visit(grant, subject, rule)) {
          return false;
        }
      }
    }
    return true;
  }

  private static String quoted(String subject) {
    int slash = subject.indexOf('/');
    String kind = subject.substring(0, slash);
    String name = subject.substring(slash + 1);
    String prefix = "system:serviceaccount:";
    if (kind.equals("User") && name.startsWith(prefix)) {
      String[] account = name.substring(prefix.length()).split(":", 2);
      if (account.length == 2) {
        return "ServiceAccount \"" + account[1] + "/" + account[0] + "\"";
      }
    }
    return kind + " \"" + name + "\"";
  }

  private Index index() {
    Index current = index;
    long now = changes.get();
    if (current.changes() != now) {
      current = build(now, current.rules());
      index = current;
    }
    return current;
  }

  /**
   * @param before the rules that were read before: a role that did not change is the same object
   */
  private Index build(long changesSoFar, Map<KubeObject, List<PolicyRule>> before) {
    Map<String, List<Grant>> clusterWide = new HashMap<>();
    Map<String, List<Grant>> namespaced = new HashMap<>();
    Rules rules = new Rules(before);
    for (KubeObject binding : clusterRoleBindings.list("")) {
      file(binding, "ClusterRoleBinding \"" + binding.name() + "\"", "", clusterWide, rules);
    }
    for (KubeObject binding : roleBindings.list("")) {
      file(
          binding,
          "RoleBinding \"" + binding.name() + "/" + binding.namespace() + "\"",
          binding.namespace(),
          namespaced,
          rules);
    }
    return new Index(clusterWide, namespaced, rules.read, changesSoFar);
  }

  private void file(
      KubeObject binding,
      String description,
      String namespace,
      Map<String, List<Grant>> into,
      Rules known) {
    String kind = binding.text("roleRef", "kind");
    String name = binding.text("roleRef", "name");
    KubeObject role =
        kind.equals("ClusterRole") ? clusterRoles.get("", name) : roles.get(namespace, name);
    if (role == null) {
      return;
    }
    List<PolicyRule> rules = known.of(role);
    Grant grant = new Grant(description + " of " + kind + " \"" + name + "\"", rules);
    for (JsonNode subject : binding.tree().path("subjects")) {
      String key =
          switch (subject.path("kind").asText()) {
            case "ServiceAccount" ->
                "User/system:serviceaccount:"
                    + subject.path("namespace").asText(namespace)
                    + ":"
                    + subject.path("name").asText();
            case "Group" -> "Group/" + subject.path("name").asText();
            default -> "User/" + subject.path("name").asText();
          };
      into.computeIfAbsent(
              namespace.isEmpty() ? key : namespace + "/" + key, k -> new ArrayList<>())
          .add(grant);
    }
  }

  /** The rules of roles, each read once. */
  private static final class Rules {

    private final Map<KubeObject, List<PolicyRule>> before;
    private final Map<KubeObject, List<PolicyRule>> read = new IdentityHashMap<>();

    Rules(Map<KubeObject, List<PolicyRule>> before) {
      this.before = before;
    }

    List<PolicyRule> of(KubeObject role) {
      List<PolicyRule> rules = read.get(role);
      if (rules == null) {
        rules = before.get(role);
        if (rules == null) {
          rules = PolicyRule.read(role.tree().path("rules"));
        }
        read.put(role, rules);
      }
      return rules;
    }
  }
}
