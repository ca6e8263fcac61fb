package dev.coracle.controller.clusterroleaggregation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Work;

/** Keeps the rules of aggregated ClusterRoles as {@link AggregatedRules} says. */
public final class ClusterRoleAggregationController implements Controller {

  private static final GroupVersionResource CLUSTER_ROLES =
      GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterroles");

  private final ControllerContext context;
  private final SharedInformer roles;
  private final Work<String> work;

  public ClusterRoleAggregationController(ControllerContext context) {
    this.context = context;
    this.roles = context.informers().of(CLUSTER_ROLES);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "clusterrole-aggregation-controller";
  }

  @Override
  public void start() throws InterruptedException {
    roles.awaitSync();
    work.watch(roles, changed -> addAggregated());
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void addAggregated() {
    for (KubeObject role : roles.list("")) {
      if (AggregatedRules.isAggregated(role)) {
        work.queue().add(role.name());
      }
    }
  }

  private void sync(String name) {
    KubeObject role = roles.get("", name);
    if (role == null || role.isDeleting() || !AggregatedRules.isAggregated(role)) {
      return;
    }
    ArrayNode rules = AggregatedRules.of(role, roles.list(""));
    if (!rules.equals(role.at("rules"))) {
      ObjectNode applied = Json.object();
      applied.put("apiVersion", role.apiVersion()).put("kind", role.kind());
      applied.putObject("metadata").put("name", name);
      applied.set("rules", rules);
      context
          .client()
          .patch(
              CLUSTER_ROLES,
              "",
              name,
              "",
              PatchType.APPLY,
              applied,
              new WriteOptions(false, name(), "", true));
    }
  }
}
