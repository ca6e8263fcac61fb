package dev.coracle.auth.node;

import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.SelectorRequirement;
import dev.coracle.auth.rbac.BootstrapPolicy;
import dev.coracle.auth.rbac.PolicyRule;
import dev.coracle.client.Client;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Allows to a node ({@code system:node:NAME} in the group {@code system:nodes}) to read its own
 * Node, the Pods bound to it and what they refer to; for resources that are no node's own, what the
 * ClusterRole {@code system:node} of the bootstrap policy says (the Kubernetes page "Using Node
 * Authorization"). What a node may write is narrowed further by the admission plugin
 * NodeRestriction.
 */
public final class NodeAuthorizer implements Authorizer {

  private static final String LEASES = "kube-node-lease";
  private static final Set<String> OWN_OBJECT_VERBS =
      Set.of("get", "create", "update", "patch", "delete");
  private static final Set<String> READING = Set.of("get", "list", "watch");

  private final NodeGraph graph;
  private volatile @Nullable List<PolicyRule> rules;

  /**
   * @param client the API as the API server itself
   */
  public NodeAuthorizer(Supplier<Client> client) {
    this.graph = new NodeGraph(client);
  }

  @Override
  public Answer authorize(AuthorizationAttributes asked) {
    String node = asked.user().node();
    if (node == null) {
      return Answer.NO_OPINION;
    }
    if (node.isEmpty()) {
      return no("unknown node for user \"" + asked.user().name() + "\"");
    }
    if (!asked.isResourceRequest()) {
      return byRule(asked);
    }
    return switch (asked.apiGroup() + "/" + asked.resource()) {
      case "/secrets" -> read(asked, node, graph::hasSecret);
      case "/configmaps" -> read(asked, node, graph::hasConfigMap);
      case "/persistentvolumeclaims" -> claim(asked, node);
      case "/persistentvolumes" ->
          get(asked, node, (its, namespace, name) -> graph.hasVolume(its, name));
      case "resource.k8s.io/resourceclaims" -> get(asked, node, graph::hasResourceClaim);
      case "storage.k8s.io/volumeattachments" ->
          get(asked, node, (its, namespace, name) -> graph.hasAttachment(its, name));
      case "/serviceaccounts" -> account(asked, node);
      case "coordination.k8s.io/leases" -> lease(asked, node);
      case "storage.k8s.io/csinodes" -> csiNode(asked, node);
      case "resource.k8s.io/resourceslices" -> slice(asked, node);
      case "/nodes" -> node(asked, node);
      case "/pods" -> pod(asked, node);
      default -> byRule(asked);
    };
  }

  /** Whether an object has to do with a node. */
  private interface Relation {
    boolean holds(String node, String namespace, String name);
  }

  private static Answer no(String reason) {
    return new Answer(Decision.NO_OPINION, reason);
  }

  private Answer byRule(AuthorizationAttributes asked) {
    List<PolicyRule> known = rules;
    if (known == null) {
      known = BootstrapPolicy.rulesOf("system:node");
      rules = known;
    }
    for (PolicyRule rule : known) {
      if (rule.allows(asked)) {
        return Answer.ALLOW;
      }
    }
    return Answer.NO_OPINION;
  }

  private static Answer related(AuthorizationAttributes asked, String node, Relation relation) {
    if (asked.name().isEmpty()) {
      return no("No Object name found");
    }
    return relation.holds(node, asked.namespace(), asked.name())
        ? Answer.ALLOW
        : no("no relationship found between node '" + node + "' and this object");
  }

  private static Answer get(AuthorizationAttributes asked, String node, Relation relation) {
    if (!asked.verb().equals("get")) {
      return no("can only get individual resources of this type");
    }
    if (!asked.subresource().isEmpty()) {
      return no("cannot get subresource");
    }
    return related(asked, node, relation);
  }

  private static Answer read(AuthorizationAttributes asked, String node, Relation relation) {
    if (!READING.contains(asked.verb())) {
      return no("can only read resources of this type");
    }
    if (!asked.subresource().isEmpty()) {
      return no("cannot read subresource");
    }
    if (asked.namespace().isEmpty()) {
      return no("can only read namespaced object of this type");
    }
    return related(asked, node, relation);
  }

  private Answer claim(AuthorizationAttributes asked, String node) {
    if (!asked.subresource().equals("status")) {
      return get(asked, node, graph::hasClaim);
    }
    return asked.verb().equals("update") || asked.verb().equals("patch")
        ? related(asked, node, graph::hasClaim)
        : no("can only get/update/patch this type");
  }

  private Answer account(AuthorizationAttributes asked, String node) {
    if (asked.verb().equals("get") && asked.subresource().isEmpty()) {
      return read(asked, node, graph::hasServiceAccount);
    }
    if (!asked.verb().equals("create") || asked.name().isEmpty()) {
      return no("can only create tokens for individual service accounts");
    }
    if (!asked.subresource().equals("token")) {
      return no("can only create token subresource of serviceaccount");
    }
    return related(asked, node, graph::hasServiceAccount);
  }

  private static Answer lease(AuthorizationAttributes asked, String node) {
    if (!OWN_OBJECT_VERBS.contains(asked.verb())) {
      return no("can only get, create, update, patch, or delete a node lease");
    }
    if (!asked.namespace().equals(LEASES)) {
      return no("can only access leases in the \"" + LEASES + "\" system namespace");
    }
    // A create does not name its object yet: NodeRestriction looks at that.
    if (!asked.verb().equals("create") && !asked.name().equals(node)) {
      return no("can only access node lease with the same name as the requesting node");
    }
    return Answer.ALLOW;
  }

  private static Answer csiNode(AuthorizationAttributes asked, String node) {
    if (!OWN_OBJECT_VERBS.contains(asked.verb())) {
      return no("can only get, create, update, patch, or delete a CSINode");
    }
    if (!asked.subresource().isEmpty()) {
      return no("cannot authorize CSINode subresources");
    }
    if (!asked.verb().equals("create") && !asked.name().equals(node)) {
      return no("can only access CSINode with the same name as the requesting node");
    }
    return Answer.ALLOW;
  }

  private Answer slice(AuthorizationAttributes asked, String node) {
    if (!asked.subresource().isEmpty()) {
      return no("cannot authorize ResourceSlice subresources");
    }
    return switch (asked.verb()) {
      case "create" -> Answer.ALLOW;
      case "get", "update", "patch", "delete" ->
          related(asked, node, (its, namespace, name) -> graph.hasSlice(its, name));
      case "watch", "list", "deletecollection" ->
          selects(asked, "nodeName", node) || selects(asked, "spec.nodeName", node)
              ? Answer.ALLOW
              : no(
                  "can only list/watch/deletecollection resourceslices with nodeName field"
                      + " selector");
      default ->
          no(
              "only the following verbs are allowed for a ResourceSlice: get, watch, list, create,"
                  + " update, patch, delete, deletecollection");
    };
  }

  private static Answer node(AuthorizationAttributes asked, String node) {
    boolean writing = asked.verb().equals("update") || asked.verb().equals("patch");
    if (asked.subresource().equals("status")) {
      return writing ? Answer.ALLOW : Answer.NO_OPINION;
    }
    if (!asked.subresource().isEmpty()) {
      return Answer.NO_OPINION;
    }
    if (writing || asked.verb().equals("create")) {
      return Answer.ALLOW;
    }
    if (!READING.contains(asked.verb())) {
      return Answer.NO_OPINION;
    }
    if (asked.name().equals(node)) {
      return Answer.ALLOW;
    }
    return asked.name().isEmpty()
        ? no("node '" + node + "' cannot read all nodes, only its own Node object")
        : no("node '" + node + "' cannot read '" + asked.name() + "', only its own Node object");
  }

  private Answer pod(AuthorizationAttributes asked, String node) {
    return switch (asked.subresource() + "/" + asked.verb()) {
      case "/get" -> get(asked, node, graph::hasPod);
      case "/list", "/watch" -> {
        if (selects(asked, "spec.nodeName", node)) {
          yield Answer.ALLOW;
        }
        yield asked.name().isEmpty()
            ? no("can only list/watch pods with spec.nodeName field selector")
            : related(asked, node, graph::hasPod);
      }
      case "/create", "/delete", "status/update", "status/patch", "eviction/create" -> Answer.ALLOW;
      default -> Answer.NO_OPINION;
    };
  }

  private static boolean selects(AuthorizationAttributes asked, String field, String value) {
    for (SelectorRequirement requirement : asked.fieldSelector()) {
      if (requirement.requires(field, value)) {
        return true;
      }
    }
    return false;
  }
}
