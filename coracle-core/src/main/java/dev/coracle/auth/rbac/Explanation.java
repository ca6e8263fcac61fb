package dev.coracle.auth.rbac;

import dev.coracle.api.KubeObject;
import dev.coracle.auth.AuthorizationAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Why RBAC allows a request or does not: the bindings and rules that allow it, or those that come
 * near (all but one of their conditions hold, or they hold in another namespace) and the roles that
 * would do if somebody bound them.
 *
 * @param allowing each binding that allows it, with its rule
 * @param near each binding that comes near, with what is amiss
 * @param roles that would allow it, such as {@code ClusterRole "view"}
 */
public record Explanation(List<String> allowing, List<String> near, List<String> roles) {

  /** Of a request, by the policy that an authorizer knows. */
  public static Explanation of(RbacAuthorizer rbac, AuthorizationAttributes request) {
    List<String> allowing = new ArrayList<>();
    List<String> near = new ArrayList<>();
    for (RbacAuthorizer.Held held : rbac.heldBy(request.user(), request.namespace())) {
      if (held.rule().allows(request)) {
        allowing.add(held.source() + ", rule " + held.rule().describe());
      } else {
        String amiss = held.rule().onlyMiss(request);
        if (!amiss.isEmpty()) {
          near.add(held.source() + ", rule " + held.rule().describe() + ": " + amiss);
        }
      }
    }
    if (!allowing.isEmpty()) {
      return new Explanation(allowing, List.of(), List.of());
    }
    for (String namespace : rbac.boundNamespaces()) {
      if (!namespace.equals(request.namespace()) && request.isResourceRequest()) {
        for (RbacAuthorizer.Held held : rbac.heldBy(request.user(), namespace)) {
          if (held.rule().allows(request)) {
            near.add(
                held.source()
                    + ", rule "
                    + held.rule().describe()
                    + ": holds in the namespace \""
                    + namespace
                    + "\" alone");
          }
        }
      }
    }
    List<String> roles = new ArrayList<>();
    for (KubeObject role : rbac.roles(request.namespace())) {
      if (PolicyRule.read(role.tree().path("rules")).stream()
          .anyMatch(rule -> rule.allows(request))) {
        roles.add((role.namespace().isEmpty() ? "ClusterRole \"" : "Role \"") + role.name() + '"');
      }
    }
    roles.sort(null);
    return new Explanation(allowing, near, roles);
  }
}
