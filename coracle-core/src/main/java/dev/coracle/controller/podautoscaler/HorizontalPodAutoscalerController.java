package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.SpecHandler;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Looks at every autoscaler each 15 seconds and scales its target. */
public final class HorizontalPodAutoscalerController implements Controller {

  private static final GroupVersionResource AUTOSCALERS =
      GroupVersionResource.of("autoscaling", "v2", "horizontalpodautoscalers");
  private static final Duration PERIOD = Duration.ofSeconds(15);

  private final ControllerContext context;
  private final SharedInformer autoscalers;
  private final SharedInformer pods;
  private final ScaleTargets targets;
  private final MetricSource metrics;
  private final Work<ObjectKey> work;
  private final Map<ObjectKey, Scaling> scalings = new ConcurrentHashMap<>();

  /** What each autoscaler selected when it last looked. */
  private final Map<ObjectKey, LabelSelector> selectors = new ConcurrentHashMap<>();

  public HorizontalPodAutoscalerController(ControllerContext context) {
    this.context = context;
    this.autoscalers = context.informers().of(AUTOSCALERS);
    this.pods = context.informers().of(Resources.PODS);
    this.targets = new ScaleTargets(context.client());
    this.metrics = new MetricSource(context.client());
    this.work = new Work<>(name(), context.clock(), 5, this::sync);
  }

  @Override
  public String name() {
    return "horizontal-pod-autoscaler";
  }

  @Override
  public void start() throws InterruptedException {
    work.need(pods);
    work.watch(
        autoscalers,
        new SpecHandler(
            work.queue(),
            gone -> {
              scalings.remove(gone);
              selectors.remove(gone);
            }));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(ObjectKey key) {
    KubeObject autoscaler = autoscalers.get(key.namespace(), key.name());
    if (autoscaler == null || autoscaler.isDeleting()) {
      return;
    }
    try {
      new Pass(key, autoscaler).run();
    } finally {
      work.queue().addAfter(key, PERIOD);
    }
  }

  /** One look at one autoscaler. */
  private final class Pass {

    private final ObjectKey key;
    private final KubeObject autoscaler;
    private final JsonNode spec;
    private final Instant now = context.clock().instant();
    private final ObjectNode tree;
    private final ObjectNode status;

    Pass(ObjectKey key, KubeObject autoscaler) {
      this.key = key;
      this.autoscaler = autoscaler;
      this.spec = autoscaler.at("spec");
      this.tree = autoscaler.mutableTree();
      this.status = tree.withObject("/status");
    }

    void run() {
      ScaleTargets.Target target;
      try {
        target = targets.find(key.namespace(), spec.path("scaleTargetRef"));
      } catch (MetricsFailure e) {
        context.events().warning(autoscaler, "FailedGetScale", e.why());
        condition(
            "AbleToScale",
            false,
            "FailedGetScale",
            "the HPA controller was unable to get the target's current scale: " + e.why());
        write();
        return;
      }
      condition(
          "AbleToScale",
          true,
          "SucceededGetScale",
          "the HPA controller was able to get the target's current scale");
      int current = target.scale().at("spec", "replicas").asInt();
      Scaling scaling = scalings.computeIfAbsent(key, any -> new Scaling());
      scaling.begin(current, now);
      scale(target, scaling, current);
    }

    private void scale(ScaleTargets.Target target, Scaling scaling, int current) {
      int least = spec.path("minReplicas").asInt(1);
      int most = spec.path("maxReplicas").asInt();
      int desired = current;
      String why = "";
      List<ObjectNode> statuses = List.of();
      if (current == 0 && least != 0) {
        condition(
            "ScalingActive",
            false,
            "ScalingDisabled",
            "scaling is disabled since the replica count of the target is zero");
        numbers(current, 0, statuses, false);
        write();
        return;
      }
      if (current > most) {
        why = "Current number of replicas above Spec.MaxReplicas";
        desired = most;
      } else if (current < least) {
        why = "Current number of replicas below Spec.MinReplicas";
        desired = least;
      } else {
        Asked asked = ask(target.scale(), current);
        statuses = asked.statuses;
        if (asked.replicas < 0) {
          numbers(current, -1, statuses, false);
          write();
          context.events().warning(autoscaler, "FailedComputeMetricsReplicas", asked.failure);
          return;
        }
        if (asked.replicas > current) {
          why = asked.name + " above target";
        } else if (asked.replicas < current) {
          why = "All metrics below target";
        }
        Scaling.Outcome outcome =
            scaling.decide(spec.path("behavior"), current, asked.replicas, least, most, now);
        condition("AbleToScale", true, outcome.reason(), outcome.message());
        condition(
            "ScalingLimited", outcome.limited(), outcome.limitReason(), outcome.limitMessage());
        desired = outcome.replicas();
      }
      if (desired != current && !rescale(target, scaling, current, desired, why)) {
        numbers(current, -1, statuses, false);
        write();
        return;
      }
      numbers(current, desired, statuses, desired != current);
      write();
    }

    private boolean rescale(
        ScaleTargets.Target target, Scaling scaling, int current, int desired, String why) {
      ObjectNode scale = target.scale().mutableTree();
      scale.withObject("/spec").put("replicas", desired);
      try {
        KubeObject unused =
            context
                .client()
                .updateSubresource(
                    target.resource(), key.namespace(), target.scale().name(), "scale", scale);
      } catch (StatusException e) {
        String message = e.status().message();
        context
            .events()
            .warning(
                autoscaler,
                "FailedRescale",
                "New size: %d; reason: %s; error: %s".formatted(desired, why, message));
        condition(
            "AbleToScale",
            false,
            "FailedUpdateScale",
            "the HPA controller was unable to update the target scale: " + message);
        return false;
      }
      condition(
          "AbleToScale",
          true,
          "SucceededRescale",
          "the HPA controller was able to update the target scale to " + desired);
      context
          .events()
          .normal(
              autoscaler, "SuccessfulRescale", "New size: %d; reason: %s".formatted(desired, why));
      scaling.scaled(current, desired, now);
      return true;
    }

    /**
     * What the metrics ask for.
     *
     * @param replicas -1 when they say nothing that may be done
     */
    private record Asked(int replicas, String name, List<ObjectNode> statuses, String failure) {}

    private Asked ask(KubeObject scale, int current) {
      String selector = scale.text("status", "selector");
      LabelSelector parsed = selector(selector);
      if (parsed == null) {
        return new Asked(-1, "", List.of(), lastFailure);
      }
      List<KubeObject> matching =
          pods.list(key.namespace()).stream().filter(pod -> parsed.matches(pod.labels())).toList();
      if (isAmbiguous(selector, parsed, matching)) {
        return new Asked(-1, "", List.of(), lastFailure);
      }
      MetricSource.Target target =
          new MetricSource.Target(
              key.namespace(), selector, matching, current, scale.at("status", "replicas").asInt());
      JsonNode wanted = spec.path("metrics");
      List<ObjectNode> statuses = new ArrayList<>();
      MetricSource.Unavailable first = null;
      int invalid = 0;
      int replicas = 0;
      String name = "";
      for (JsonNode metric : wanted) {
        try {
          MetricSource.Answer answer = metrics.ask(metric, target, tolerances(), now);
          statuses.add(answer.status());
          if (replicas == 0 || answer.replicas() > replicas) {
            replicas = answer.replicas();
            name = answer.name();
          }
        } catch (MetricSource.Unavailable e) {
          context.events().warning(autoscaler, e.reason(), e.why());
          statuses.add(Json.object().put("type", ""));
          first = first == null ? e : first;
          invalid++;
        }
      }
      if (first != null && (invalid >= wanted.size() || replicas < current)) {
        condition(
            "ScalingActive",
            false,
            first.reason(),
            "the HPA was unable to compute the replica count: " + first.why());
        return new Asked(
            -1,
            "",
            statuses,
            "invalid metrics (%d invalid out of %d), first error is: %s"
                .formatted(invalid, wanted.size(), first.getMessage()));
      }
      condition(
          "ScalingActive",
          true,
          "ValidMetricFound",
          "the HPA was able to successfully calculate a replica count from " + name);
      return new Asked(replicas, name, statuses, "");
    }

    private String lastFailure = "";

    private @Nullable LabelSelector selector(String selector) {
      if (selector.isEmpty()) {
        invalidSelector(
            "SelectorRequired",
            "InvalidSelector",
            "selector is required",
            "the HPA target's scale is missing a selector");
        return null;
      }
      try {
        return LabelSelector.parse(selector);
      } catch (StatusException e) {
        String message =
            "couldn't convert selector into a corresponding internal selector object: "
                + e.status().message();
        invalidSelector("InvalidSelector", "InvalidSelector", message, message);
        return null;
      }
    }

    private void invalidSelector(String event, String reason, String message, String shown) {
      lastFailure = message;
      context.events().warning(autoscaler, event, message);
      condition("ScalingActive", false, reason, shown);
    }

    /** Two autoscalers of the same Pods would undo each other's work. */
    private boolean isAmbiguous(String selector, LabelSelector parsed, List<KubeObject> matching) {
      selectors.put(key, parsed);
      List<String> names = new ArrayList<>();
      selectors.forEach(
          (other, known) -> {
            if (other.namespace().equals(key.namespace())
                && matching.stream().anyMatch(pod -> known.matches(pod.labels()))) {
              names.add(other.namespace() + "/" + other.name());
            }
          });
      if (names.size() < 2) {
        return false;
      }
      names.sort(null);
      String message =
          "pods by selector %s are controlled by multiple HPAs: [%s]"
              .formatted(selector, String.join(" ", names));
      invalidSelector("AmbiguousSelector", "AmbiguousSelector", message, message);
      return true;
    }

    private ReplicaCalculator.Tolerances tolerances() {
      return new ReplicaCalculator.Tolerances(tolerance("scaleDown"), tolerance("scaleUp"));
    }

    private double tolerance(String direction) {
      JsonNode own = spec.path("behavior").path(direction).path("tolerance");
      return own.isMissingNode() || own.isNull()
          ? ReplicaCalculator.Tolerances.USUAL
          : Quantity.of(own).value().doubleValue();
    }

    private void condition(String type, boolean value, String reason, String message) {
      ObjectNode unused =
          Conditions.set(
              status.withArray("/conditions"),
              type,
              value ? "True" : "False",
              reason,
              message,
              Timestamps.seconds(now));
    }

    /**
     * @param desired -1 leaves the one that stands there
     */
    private void numbers(int current, int desired, List<ObjectNode> statuses, boolean rescaled) {
      Trees.putUnlessZero(status, "currentReplicas", current);
      if (desired >= 0) {
        status.put("desiredReplicas", desired);
      }
      if (statuses.isEmpty()) {
        status.putNull("currentMetrics");
      } else {
        ArrayNode list = status.putArray("currentMetrics");
        statuses.forEach(list::add);
      }
      if (rescaled) {
        status.put("lastScaleTime", Timestamps.seconds(now));
      }
    }

    private void write() {
      if (!status.has("desiredReplicas")) {
        status.put("desiredReplicas", 0);
      }
      if (Trees.same(status, autoscaler.at("status"))) {
        return;
      }
      try {
        KubeObject unused =
            context.client().updateStatus(AUTOSCALERS, key.namespace(), key.name(), tree);
      } catch (StatusException e) {
        if (!e.isNotFound()) {
          context.events().warning(autoscaler, "FailedUpdateStatus", e.status().message());
          throw e;
        }
      }
    }
  }
}
