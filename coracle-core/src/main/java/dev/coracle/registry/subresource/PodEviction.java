package dev.coracle.registry.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.Operation;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.Meta;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.flow.Admissions;
import dev.coracle.registry.flow.DeleteFlow;
import dev.coracle.registry.flow.ObjectStore;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Resources;
import dev.coracle.registry.resource.Write;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The eviction subresource: deletes a Pod if its disruption budget allows it. */
final class PodEviction {

  private final RegistryConfig config;
  private final Resources resources;
  private final ObjectStore objects;
  private final DeleteFlow deleting;

  PodEviction(
      RegistryConfig config, Resources resources, ObjectStore objects, DeleteFlow deleting) {
    this.config = config;
    this.resources = resources;
    this.objects = objects;
    this.deleting = deleting;
  }

  /** The body that an older client sends says {@code policy/v1beta1} and means the same. */
  static ObjectNode asV1(ObjectNode sent) {
    return Meta.text(sent, "apiVersion").equals("policy/v1beta1")
        ? sent.deepCopy().put("apiVersion", "policy/v1")
        : sent;
  }

  KubeObject evict(Write write, Resource pods, ObjectNode eviction) {
    String named = Meta.text(eviction.path("metadata"), "name");
    if (!named.isEmpty() && !named.equals(write.name())) {
      throw StatusException.badRequest("name in URL does not match name in Eviction object");
    }
    KubeObject pod = objects.get(pods, write.namespace(), write.name());
    var attributes =
        Admissions.of(
            write,
            pods,
            Operation.CREATE,
            eviction,
            null,
            Admissions.options("CreateOptions", write.options()));
    config.admission().mutate(attributes);
    config.admission().validate(attributes);
    DeleteOptions options = options(write, eviction.path("deleteOptions"));
    if (!canIgnoreBudgets(pod)) {
      spendBudget(write, pod);
    }
    if (!options.dryRun() && !pod.isDeleting()) {
      tell(pods, pod);
    }
    deleting.delete(write.context(), pods, write.namespace(), write.name(), options);
    return KubeObject.of(StatusJson.success(201, null));
  }

  /** Says in the Pod's status why it goes, for those who count its end as no failure. */
  private void tell(Resource pods, KubeObject evicted) {
    KubeObject pod = evicted;
    while (pod != null && pod.uid().equals(evicted.uid()) && !pod.isDeleting()) {
      ObjectNode tree = pod.mutableTree();
      ArrayNode conditions = tree.withObject("/status").withArray("/conditions");
      for (int i = conditions.size() - 1; i >= 0; i--) {
        if (conditions.get(i).path("type").asText().equals("DisruptionTarget")) {
          conditions.remove(i);
        }
      }
      ObjectNode condition = conditions.addObject().put("type", "DisruptionTarget");
      if (pod.generation() > 0) {
        condition.put("observedGeneration", pod.generation());
      }
      condition
          .put("status", "True")
          .putNull("lastProbeTime")
          .put("lastTransitionTime", Timestamps.seconds(config.clock().instant()))
          .put("reason", "EvictionByEvictionAPI")
          .put("message", "Eviction API: evicting");
      try {
        objects.replace(pods, pod.namespace(), pod.name(), tree, pod.resourceVersion());
        return;
      } catch (ObjectStore.Stale e) {
        pod = e.current();
      }
    }
  }

  private static DeleteOptions options(Write write, JsonNode body) {
    JsonNode grace = body.path("gracePeriodSeconds");
    JsonNode preconditions = body.path("preconditions");
    return new DeleteOptions(
        write.dryRun() || !body.path("dryRun").isEmpty(),
        grace.isNumber() ? (Long) grace.asLong() : null,
        textOrNull(body.path("propagationPolicy")),
        textOrNull(preconditions.path("uid")),
        textOrNull(preconditions.path("resourceVersion")));
  }

  private static @Nullable String textOrNull(JsonNode node) {
    return node.isTextual() ? node.asText() : null;
  }

  private static boolean canIgnoreBudgets(KubeObject pod) {
    return pod.isDeleting()
        || switch (pod.text("status", "phase")) {
          case "Succeeded", "Failed", "Pending" -> true;
          default -> false;
        };
  }

  private void spendBudget(Write write, KubeObject pod) {
    Resource budgets =
        resources.of(GroupVersionResource.of("policy", "v1", "poddisruptionbudgets"));
    List<KubeObject> matching = matching(budgets, pod);
    if (matching.isEmpty()) {
      return;
    }
    if (matching.size() > 1) {
      throw StatusException.internal(
          "This pod has more than one PodDisruptionBudget, which the eviction subresource does"
              + " not support.");
    }
    KubeObject budget = matching.getFirst();
    while (true) {
      if (!isReady(pod) && allowsUnhealthy(budget)) {
        return;
      }
      ObjectNode spent = spent(write, budget, pod);
      if (write.dryRun()) {
        return;
      }
      try {
        objects.replace(
            budgets, budget.namespace(), budget.name(), spent, budget.resourceVersion());
        return;
      } catch (ObjectStore.Stale e) {
        KubeObject newer = e.current();
        if (newer == null) {
          return;
        }
        budget = newer;
      }
    }
  }

  private static boolean isReady(KubeObject pod) {
    for (JsonNode condition : pod.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  /** A Pod that is not healthy is no loss to a budget that has enough, or that says so. */
  private static boolean allowsUnhealthy(KubeObject budget) {
    long desired = budget.at("status", "desiredHealthy").asLong(0);
    return budget.text("spec", "unhealthyPodEvictionPolicy").equals("AlwaysAllow")
        || (desired > 0 && budget.at("status", "currentHealthy").asLong(0) >= desired);
  }

  private List<KubeObject> matching(Resource budgets, KubeObject pod) {
    List<KubeObject> matching = new ArrayList<>();
    budgets
        .stored()
        .snapshot()
        .tree()
        .from(
            pod.namespace(),
            "",
            budget -> {
              if (!budget.namespace().equals(pod.namespace())) {
                return false;
              }
              JsonNode selector = budget.at("spec", "selector");
              if (selector.isObject() && LabelSelector.of(selector).matches(pod.labels())) {
                matching.add(budget);
              }
              return true;
            });
    return matching;
  }

  private static ObjectNode spent(Write write, KubeObject budget, KubeObject pod) {
    ObjectNode tree = budget.mutableTree();
    ObjectNode status = Meta.child(tree, "status");
    if (status.path("observedGeneration").asLong(0) < budget.generation()) {
      throw tooMany(
          "Cannot evict pod as it would violate the pod's disruption budget.",
          "The disruption budget " + budget.name() + " is still being processed by the server.",
          10);
    }
    long allowed = status.path("disruptionsAllowed").asLong(0);
    if (allowed <= 0) {
      throw tooMany(
          "Cannot evict pod as it would violate the pod's disruption budget.",
          "The disruption budget "
              + budget.name()
              + " needs "
              + status.path("desiredHealthy").asLong(0)
              + " healthy pods and has "
              + status.path("currentHealthy").asLong(0)
              + " currently",
          0);
    }
    status.put("disruptionsAllowed", allowed - 1);
    Meta.child(status, "disruptedPods").put(pod.name(), Timestamps.seconds(write.now()));
    return tree;
  }

  private static StatusException tooMany(String message, String cause, int retryAfterSeconds) {
    return new StatusException(
        new Status(
            429,
            "TooManyRequests",
            message,
            new Status.Details(
                "",
                "",
                "",
                "",
                List.of(new StatusCause("DisruptionBudget", cause, "")),
                retryAfterSeconds)));
  }
}
