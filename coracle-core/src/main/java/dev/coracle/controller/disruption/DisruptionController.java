package dev.coracle.controller.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Statuses;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the status of PodDisruptionBudgets, by which evictions are granted or refused, and takes
 * back what Pods were told of a disruption that did not come.
 */
public final class DisruptionController implements Controller {

  private sealed interface Key {
    record Budget(ObjectKey key) implements Key {}

    /** A Pod with the condition DisruptionTarget. */
    record Disrupted(ObjectKey key) implements Key {}
  }

  private final ControllerContext context;
  private final SharedInformer budgets;
  private final SharedInformer pods;
  private final WantedPods wanted;
  private final Work<Key> work;

  public DisruptionController(ControllerContext context) {
    this.context = context;
    this.budgets = context.informers().of(Resources.POD_DISRUPTION_BUDGETS);
    this.pods = context.informers().of(Resources.PODS);
    this.wanted = new WantedPods(context.client(), context.informers());
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "disruption-controller";
  }

  @Override
  public void start() throws InterruptedException {
    wanted.informers().forEach(work::need);
    budgets.awaitSync();
    work.watch(budgets, this::enqueueBudget);
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject pod) {
            enqueue(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            enqueue(now);
            if (!before.labels().equals(now.labels())) {
              matching(before).forEach(DisruptionController.this::enqueueBudget);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            matching(last).forEach(DisruptionController.this::enqueueBudget);
          }
        });
    for (SharedInformer informer : wanted.informers()) {
      work.watch(informer, owner -> budgets.list(owner.namespace()).forEach(this::enqueueBudget));
    }
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void enqueueBudget(KubeObject budget) {
    work.queue().add(new Key.Budget(ObjectKey.of(budget)));
  }

  private List<KubeObject> matching(KubeObject pod) {
    List<KubeObject> matching = new ArrayList<>();
    for (KubeObject budget : budgets.list(pod.namespace())) {
      if (LabelSelector.of(budget.at("spec", "selector")).matches(pod.labels())) {
        matching.add(budget);
      }
    }
    return matching;
  }

  private void enqueue(KubeObject pod) {
    List<KubeObject> matching = matching(pod);
    matching.forEach(this::enqueueBudget);
    if (matching.size() > 1) {
      context
          .events()
          .warning(
              pod,
              "MultiplePodDisruptionBudgets",
              "Pod \"%s\"/\"%s\" matches multiple PodDisruptionBudgets.  Chose \"%s\" arbitrarily."
                  .formatted(pod.namespace(), pod.name(), matching.getFirst().name()));
    }
    Duration left = StaleDisruption.remaining(pod, context.clock().instant());
    if (left != null) {
      work.queue().addAfter(new Key.Disrupted(ObjectKey.of(pod)), left);
    }
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Budget(ObjectKey budget) -> syncBudget(budget);
      case Key.Disrupted(ObjectKey pod) -> syncDisrupted(pod);
    }
  }

  private void syncBudget(ObjectKey key) {
    KubeObject budget = budgets.get(key.namespace(), key.name());
    if (budget == null) {
      return;
    }
    LabelSelector selector = LabelSelector.of(budget.at("spec", "selector"));
    List<KubeObject> selected = new ArrayList<>();
    for (KubeObject pod : pods.list(key.namespace())) {
      if (selector.matches(pod.labels())) {
        selected.add(pod);
      }
    }
    if (selected.isEmpty()) {
      context.events().normal(budget, "NoPods", "No matching pods found");
    }
    Instant now = context.clock().instant();
    int scale;
    try {
      scale = BudgetStatus.asksControllers(budget) ? scale(budget, selected) : 0;
    } catch (WantedPods.UnknownException e) {
      String why = String.valueOf(e.getMessage());
      context
          .events()
          .warning(
              budget,
              "CalculateExpectedPodCountFailed",
              "Failed to calculate the number of expected pods: " + why);
      write(budget, BudgetStatus.failed(budget, why, now));
      return;
    }
    BudgetStatus.Result result = BudgetStatus.of(budget, selected, scale, now);
    for (KubeObject pod : result.undeleted()) {
      context
          .events()
          .warning(
              pod,
              "NotDeleted",
              "Pod was expected by PDB " + budget.key() + " to be deleted but it wasn't");
    }
    write(budget, result.status());
    Instant lookAgain = result.lookAgain();
    if (lookAgain != null) {
      work.queue().addAfter(new Key.Budget(key), Duration.between(now, lookAgain).plusMillis(1));
    }
  }

  private int scale(KubeObject budget, List<KubeObject> selected)
      throws WantedPods.UnknownException {
    WantedPods.Sum sum = wanted.of(selected);
    if (sum.unmanaged()) {
      context
          .events()
          .warning(
              budget,
              "UnmanagedPods",
              "Pods selected by this PodDisruptionBudget (selector: "
                  + selector(budget.at("spec", "selector"))
                  + ") were found to be unmanaged. As a result, the status of the PDB cannot be"
                  + " calculated correctly, which may result in undefined behavior. To account for"
                  + " these pods please set \".spec.minAvailable\" field of the PDB to an integer"
                  + " value.");
    }
    return sum.count();
  }

  /** As Go prints a {@code LabelSelector}. */
  private static String selector(JsonNode selector) {
    StringBuilder labels = new StringBuilder();
    selector
        .path("matchLabels")
        .properties()
        .forEach(
            label ->
                labels
                    .append(label.getKey())
                    .append(": ")
                    .append(label.getValue().asText())
                    .append(','));
    StringBuilder expressions = new StringBuilder();
    for (JsonNode each : selector.path("matchExpressions")) {
      List<String> values = new ArrayList<>();
      each.path("values").forEach(value -> values.add(value.asText()));
      expressions.append(
          "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[%s],},"
              .formatted(
                  each.path("key").asText(),
                  each.path("operator").asText(),
                  String.join(" ", values)));
    }
    return "&LabelSelector{MatchLabels:map[string]string{"
        + labels
        + "},MatchExpressions:[]LabelSelectorRequirement{"
        + expressions
        + "},}";
  }

  private void write(KubeObject budget, ObjectNode status) {
    KubeObject unused =
        Statuses.write(context.client(), Resources.POD_DISRUPTION_BUDGETS, budget, status);
  }

  private void syncDisrupted(ObjectKey key) {
    KubeObject pod = pods.get(key.namespace(), key.name());
    Instant now = context.clock().instant();
    Duration left = pod == null ? null : StaleDisruption.remaining(pod, now);
    if (pod == null || left == null) {
      return;
    }
    if (left.isPositive()) {
      work.queue().addAfter(new Key.Disrupted(key), left);
      return;
    }
    ObjectNode patch = Json.object();
    patch.putObject("metadata").put("uid", pod.uid());
    patch
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "DisruptionTarget")
        .put("status", "False")
        .put("lastTransitionTime", Timestamps.seconds(now))
        .putNull("reason")
        .putNull("message");
    try {
      KubeObject unused =
          context
              .client()
              .patch(
                  Resources.PODS,
                  key.namespace(),
                  key.name(),
                  "status",
                  PatchType.STRATEGIC,
                  patch,
                  WriteOptions.NONE);
    } catch (StatusException e) {
      // gone, or another of the same name
      if (!e.isNotFound() && !e.isConflict() && !e.reason().equals("Invalid")) {
        throw e;
      }
    }
  }
}
