package dev.coracle.schema.validation.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.IntOrString;
import dev.coracle.api.LabelSelector;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import dev.coracle.schema.validation.field.Trees;
import dev.coracle.schema.validation.pod.PodValidation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The workloads that keep Pods running: the group {@code apps} and ReplicationControllers. */
public final class AppsValidation {

  private static final String[] STATEFUL_SET_MUTABLE = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds"
  };

  private AppsValidation() {}

  public static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    switch (kind) {
      case "Deployment" -> deployment(spec);
      case "ReplicaSet" -> {
        counts(spec);
        template(spec, "deployment");
      }
      case "StatefulSet" -> statefulSet(spec);
      case "DaemonSet" -> daemonSet(spec);
      default -> {
        return;
      }
    }
    if (old == null) {
      return;
    }
    JsonNode before = old.path("spec");
    if (!kind.equals("StatefulSet")) {
      spec.child("selector").immutable(before.path("selector"));
    } else if (spec.json() instanceof ObjectNode now && before instanceof ObjectNode was) {
      ObjectNode rest = now.deepCopy().without(List.of(STATEFUL_SET_MUTABLE));
      ObjectNode oldRest = was.deepCopy().without(List.of(STATEFUL_SET_MUTABLE));
      if (!Trees.same(rest, oldRest)) {
        spec.forbidden(
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
                + " 'updateStrategy', 'revisionHistoryLimit',"
                + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
      }
    }
  }

  public static void controller(ObjectNode object, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    counts(spec);
    Field selector = spec.child("selector");
    if (selector.blank()) {
      selector.required("");
    }
    MetadataValidation.labels(selector);
    Field template = spec.child("template");
    if (!template.present()) {
      template.required("");
      return;
    }
    if (!selector.blank()) {
      matches(template, LabelSelector.ofMap(selector.json()));
    }
    PodValidation.template(template, true);
  }

  private static void counts(Field spec) {
    spec.child("replicas").nonNegative();
    spec.child("minReadySeconds").nonNegative();
    spec.child("revisionHistoryLimit").nonNegative();
  }

  private static void template(Field spec, String kind) {
    selected(spec, kind);
    PodValidation.template(spec.child("template"), true);
  }

  /**
   * Of a StatefulSet's template only the frame is checked, because its containers may mount volumes
   * that the claim templates give; what is wrong in it shows when a Pod is made.
   */
  private static void statefulTemplate(Field spec) {
    selected(spec, "statefulset");
    Field template = spec.child("template");
    Field pod = template.child("spec");
    MetadataValidation.labels(template.child("metadata").child("labels"));
    MetadataValidation.annotations(template.child("metadata").child("annotations"));
    Field policy = pod.child("restartPolicy");
    if (!policy.text().equals("Always")) {
      policy.errors().notSupported(policy.path(), policy.text(), Set.of("Always"));
    }
    if (pod.has("activeDeadlineSeconds")) {
      pod.child("activeDeadlineSeconds")
          .forbidden("activeDeadlineSeconds in StatefulSet is not Supported");
    }
  }

  /** The selector, which must select the template. */
  private static void selected(Field spec, String kind) {
    Field selector = spec.child("selector");
    Field template = spec.child("template");
    if (!selector.present()) {
      selector.required("");
    } else {
      int before = selector.errors().causes().size();
      SelectorValidation.validate(selector);
      boolean readable = selector.errors().causes().size() == before;
      if (SelectorValidation.isEmpty(selector)) {
        selector.invalid("empty selector is invalid for " + kind);
      } else if (readable) {
        matches(template, LabelSelector.of(selector.json()));
      }
    }
  }

  private static void matches(Field template, LabelSelector selector) {
    Field labels = template.child("metadata").child("labels");
    Map<String, String> map = new HashMap<>();
    labels
        .json()
        .properties()
        .forEach(entry -> map.put(entry.getKey(), entry.getValue().asText("")));
    if (!selector.matches(map)) {
      labels.invalid("`selector` does not match template `labels`");
    }
  }

  private static void deployment(Field spec) {
    counts(spec);
    template(spec, "deployment");
    Field strategy = spec.child("strategy");
    Field rolling = strategy.child("rollingUpdate");
    switch (strategy.text("type")) {
      case "Recreate" -> {
        if (rolling.present()) {
          rolling.forbidden("may not be specified when strategy `type` is 'Recreate'");
        }
      }
      case "RollingUpdate" -> {
        if (!rolling.present()) {
          rolling.required("this should be defaulted and never be nil");
        } else {
          rolling(rolling, true);
        }
      }
      default -> strategy.child("type").neededOneOf("Recreate", "RollingUpdate");
    }
    Field deadline = spec.child("progressDeadlineSeconds");
    deadline.nonNegative();
    if (deadline.present() && deadline.number() <= spec.json().path("minReadySeconds").asLong(0)) {
      deadline.invalid("must be greater than minReadySeconds");
    }
  }

  private static void rolling(Field rolling, boolean deployment) {
    Field unavailable = rolling.child("maxUnavailable");
    Field surge = rolling.child("maxSurge");
    unavailable.amountOrPercent();
    surge.amountOrPercent();
    boolean none = zero(unavailable.json()) && zero(surge.json());
    if (deployment) {
      if (none) {
        unavailable.invalid("may not be 0 when `maxSurge` is 0");
      }
      unavailable.atMostAll();
      return;
    }
    unavailable.atMostAll();
    surge.atMostAll();
    if (none) {
      unavailable.invalid("cannot be 0 when maxSurge is 0");
    }
    if (!zero(unavailable.json()) && !zero(surge.json())) {
      surge.invalid("may not be set when maxUnavailable is non-zero");
    }
  }

  private static boolean zero(JsonNode amount) {
    if (amount.isTextual()) {
      return IntOrString.isPercent(amount) && IntOrString.scaled(amount, 100, true) == 0;
    }
    return amount.asLong(0) == 0;
  }

  private static void statefulSet(Field spec) {
    counts(spec);
    Field management = spec.child("podManagementPolicy");
    switch (management.text()) {
      case "" -> management.required("");
      case "OrderedReady", "Parallel" -> {}
      default -> management.invalid("must be 'OrderedReady' or 'Parallel'");
    }
    Field strategy = spec.child("updateStrategy");
    Field rolling = strategy.child("rollingUpdate");
    switch (strategy.text("type")) {
      case "" -> strategy.required("");
      case "OnDelete" -> {
        if (rolling.present()) {
          rolling.invalid("only allowed for updateStrategy 'RollingUpdate'");
        }
      }
      case "RollingUpdate" -> {
        rolling.child("partition").nonNegative();
        Field unavailable = rolling.child("maxUnavailable");
        if (unavailable.present()) {
          unavailable.amountOrPercent();
          if (zero(unavailable.json())) {
            unavailable.invalid("cannot be 0");
          }
          unavailable.atMostAll();
        }
      }
      default -> strategy.invalid("must be 'RollingUpdate' or 'OnDelete'");
    }
    Field retention = spec.child("persistentVolumeClaimRetentionPolicy");
    retention.child("whenDeleted").oneOf("Delete", "Retain");
    retention.child("whenScaled").oneOf("Delete", "Retain");
    spec.child("ordinals").child("start").nonNegative();
    statefulTemplate(spec);
  }

  private static void daemonSet(Field spec) {
    counts(spec);
    template(spec, "daemonset");
    Field strategy = spec.child("updateStrategy");
    Field type = strategy.child("type");
    if (type.text().equals("RollingUpdate")) {
      if (!strategy.has("rollingUpdate")) {
        strategy.child("rollingUpdate").required("");
      } else {
        rolling(strategy.child("rollingUpdate"), false);
      }
    } else {
      type.neededOneOf("RollingUpdate", "OnDelete");
    }
  }
}
