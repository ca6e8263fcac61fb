package dev.coracle.controller.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Trees;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Which Pods of a DaemonSet to start and which to end, and how it stands. Pure. */
final class DaemonDecision {

  /**
   * @param create nodes that get a Pod
   * @param failed Pods that ended and are to be replaced
   */
  record Plan(List<String> create, List<KubeObject> delete, List<KubeObject> failed) {}

  private final KubeObject set;
  private final List<KubeObject> nodes;
  private final Map<String, List<KubeObject>> byNode;
  private final String hash;
  private final Instant now;

  DaemonDecision(
      KubeObject set, List<KubeObject> nodes, List<KubeObject> pods, String hash, Instant now) {
    this.set = set;
    this.nodes = nodes;
    this.byNode = DaemonSetController.byNode(pods);
    this.hash = hash;
    this.now = now;
  }

  private boolean isAvailable(KubeObject pod) {
    return Pods.isAvailable(pod, set.at("spec", "minReadySeconds").asInt(), now);
  }

  private boolean isNew(KubeObject pod) {
    return hash.equals(pod.labels().get(DaemonSetController.HASH_LABEL));
  }

  Plan plan() {
    Plan plan = new Plan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    int surge = limit("maxSurge");
    for (KubeObject node : nodes) {
      place(plan, node, surge);
    }
    byNode.forEach(
        (node, pods) -> {
          if (nodes.stream().noneMatch(known -> known.name().equals(node))) {
            // Pods that wait for a node that is gone; those that ran there are the Pod GC's
            pods.stream()
                .filter(pod -> Pods.nodeName(pod).isEmpty() && !pod.isDeleting())
                .forEach(plan.delete::add);
          }
        });
    if (plan.create.isEmpty() && plan.failed.isEmpty()) {
      if (!set.text("spec", "updateStrategy", "type").equals("OnDelete")) {
        roll(plan, surge);
      }
    }
    return plan;
  }

  private void place(Plan plan, KubeObject node, int surge) {
    DaemonPlacement.Fit fit = DaemonPlacement.fit(set, node);
    List<KubeObject> there = byNode.getOrDefault(node.name(), List.of());
    if (!fit.stay()) {
      there.stream().filter(pod -> !pod.isDeleting()).forEach(plan.delete::add);
      return;
    }
    List<KubeObject> running = new ArrayList<>();
    boolean leaving = false;
    for (KubeObject pod : there) {
      if (pod.isDeleting()) {
        leaving = true;
      } else if (Pods.isFinished(pod)) {
        plan.failed.add(pod);
      } else {
        running.add(pod);
      }
    }
    if (running.isEmpty()) {
      if (fit.run()
          && plan.failed.stream().noneMatch(there::contains)
          && !(leaving && surge == 0)) {
        plan.create.add(node.name());
      }
      return;
    }
    if (running.size() > 1 && !(surge > 0 && running.stream().anyMatch(p -> !isNew(p)))) {
      running.sort(
          Comparator.comparing((KubeObject pod) -> Pods.nodeName(pod).isEmpty())
              .thenComparing(pod -> !Pods.isReady(pod))
              .thenComparing(KubeObject::creationTimestamp));
      plan.delete.addAll(running.subList(1, running.size()));
    }
  }

  private int desired() {
    int desired = 0;
    for (KubeObject node : nodes) {
      desired += DaemonPlacement.fit(set, node).run() ? 1 : 0;
    }
    return desired;
  }

  private int limit(String field) {
    JsonNode value = set.at("spec", "updateStrategy", "rollingUpdate").path(field);
    return Trees.scaled(value, field.equals("maxSurge") ? 0 : 1, desired(), true);
  }

  private void roll(Plan plan, int surge) {
    int maxUnavailable = surge > 0 ? 0 : Math.max(1, limit("maxUnavailable"));
    int unavailable = 0;
    int surging = 0;
    List<KubeObject> replaceFreely = new ArrayList<>();
    List<KubeObject> candidates = new ArrayList<>();
    List<String> surgeNodes = new ArrayList<>();
    for (KubeObject node : nodes) {
      if (!DaemonPlacement.fit(set, node).run()) {
        continue;
      }
      KubeObject old = null;
      KubeObject fresh = null;
      for (KubeObject pod : byNode.getOrDefault(node.name(), List.of())) {
        if (pod.isDeleting() || Pods.isFinished(pod)) {
          continue;
        }
        if (isNew(pod)) {
          fresh = pod;
        } else {
          old = pod;
        }
      }
      if (surge > 0) {
        if (old != null && fresh != null) {
          if (isAvailable(fresh)) {
            replaceFreely.add(old);
          } else {
            surging++;
          }
        } else if (old != null) {
          if (isAvailable(old)) {
            surgeNodes.add(node.name());
          } else {
            replaceFreely.add(old);
          }
        }
        continue;
      }
      if (old == null) {
        unavailable += fresh == null || !isAvailable(fresh) ? 1 : 0;
      } else if (!isAvailable(old)) {
        replaceFreely.add(old);
        unavailable++;
      } else {
        candidates.add(old);
      }
    }
    plan.delete.addAll(replaceFreely);
    if (surge > 0) {
      surgeNodes.stream().limit(Math.max(0, surge - surging)).forEach(plan.create::add);
    } else {
      candidates.stream()
          .limit(Math.max(0, maxUnavailable - unavailable))
          .forEach(plan.delete::add);
    }
  }

  boolean hasReadyUnavailable() {
    return byNode.values().stream()
        .flatMap(List::stream)
        .anyMatch(pod -> Pods.isReady(pod) && !isAvailable(pod));
  }

  ObjectNode status() {
    int desired = 0;
    int current = 0;
    int misscheduled = 0;
    int ready = 0;
    int available = 0;
    int updated = 0;
    for (KubeObject node : nodes) {
      List<KubeObject> there = byNode.getOrDefault(node.name(), List.of());
      if (!DaemonPlacement.fit(set, node).run()) {
        misscheduled += there.isEmpty() ? 0 : 1;
        continue;
      }
      desired++;
      if (there.isEmpty()) {
        continue;
      }
      current++;
      if (there.stream().anyMatch(pod -> Pods.isReady(pod) && !pod.isDeleting())) {
        ready++;
      }
      if (there.stream().anyMatch(pod -> isAvailable(pod) && !pod.isDeleting())) {
        available++;
      }
      if (there.stream().anyMatch(this::isNew)) {
        updated++;
      }
    }
    ObjectNode status =
        Json.object()
            .put("currentNumberScheduled", current)
            .put("numberMisscheduled", misscheduled)
            .put("desiredNumberScheduled", desired)
            .put("numberReady", ready)
            .put("observedGeneration", set.generation());
    Trees.putUnlessZero(status, "updatedNumberScheduled", updated);
    Trees.putUnlessZero(status, "numberAvailable", available);
    Trees.putUnlessZero(status, "numberUnavailable", desired - available);
    return status;
  }
}
