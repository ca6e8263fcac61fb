package dev.coracle.auth.rbac;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.client.Client;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Allows to a node ({@code system:node:NAME} in the group {@code system:nodes}) what the
 * ClusterRole {@code system:node} says.
 */
public final class NodeAuthorizer implements Authorizer {

  private static final GroupVersionResource CLUSTER_ROLES =
      GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterroles");

  /** The rules of the role as it was when they were read. */
  private record Rules(KubeObject role, List<PolicyRule> rules) {}

  private final Supplier<Client> client;
  private volatile @Nullable Rules current;

  public NodeAuthorizer(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public Answer authorize(AuthorizationAttributes attributes) {
    if (!attributes.user().name().startsWith("system:node:")
        || !attributes.user().groups().contains("system:nodes")) {
      return Answer.NO_OPINION;
    }
    for (PolicyRule rule : rules()) {
      if (rule.allows(attributes)) {
        return Answer.ALLOW;
      }
    }
    return Answer.NO_OPINION;
  }

  private List<PolicyRule> rules() {
    KubeObject role = client.get().find(CLUSTER_ROLES, "", "system:node");
    if (role == null) {
      return List.of();
    }
    Rules known = current;
    if (known == null || known.role().resourceVersion() != role.resourceVersion()) {
      known = new Rules(role, PolicyRule.read(role.tree().path("rules")));
      current = known;
    }
    return known.rules();
  }
}
