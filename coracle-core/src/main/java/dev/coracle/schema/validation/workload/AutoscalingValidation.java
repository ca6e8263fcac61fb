package dev.coracle.schema.validation.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;

/** HorizontalPodAutoscalers and Scales. */
public final class AutoscalingValidation {

  private AutoscalingValidation() {}

  public static void validate(GroupVersionKind gvk, ObjectNode object, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    if (gvk.kind().equals("Scale")) {
      spec.child("replicas").nonNegative();
      return;
    }
    if (!gvk.kind().equals("HorizontalPodAutoscaler")) {
      return;
    }
    Field least = spec.child("minReplicas");
    Field most = spec.child("maxReplicas");
    if (least.present() && least.number() < 1) {
      least.invalid("must be greater than or equal to 1");
    }
    if (most.number() < 1) {
      most.invalid("must be greater than 0");
    }
    if (least.present() && most.number() < least.number()) {
      most.invalid("must be greater than or equal to `minReplicas`");
    }
    reference(spec.child("scaleTargetRef"));
    for (Field metric : spec.child("metrics").items()) {
      metric(metric);
    }
    for (String direction : new String[] {"scaleUp", "scaleDown"}) {
      rules(spec.child("behavior").child(direction));
    }
  }

  private static void reference(Field reference) {
    Field kind = reference.child("kind");
    if (kind.needed()) {
      kind.invalid(MetadataValidation.pathSegment(kind.text()));
    }
    Field name = reference.child("name");
    if (name.needed()) {
      name.invalid(MetadataValidation.pathSegment(name.text()));
    }
    Field version = reference.child("apiVersion");
    boolean core = reference.text("kind").equals("ReplicationController");
    if (!core && version.text().indexOf('/') < 0) {
      version.errors().invalid(version.path(), version.text(), "apiVersion must specify API group");
    }
  }

  private static void metric(Field metric) {
    Field type = metric.child("type");
    type.neededOneOf("ContainerResource", "External", "Object", "Pods", "Resource");
    String source =
        switch (type.text()) {
          case "ContainerResource" -> "containerResource";
          case "External" -> "external";
          case "Object" -> "object";
          case "Pods" -> "pods";
          case "Resource" -> "resource";
          default -> "";
        };
    if (source.isEmpty()) {
      return;
    }
    Field given = metric.child(source);
    if (!given.present()) {
      given.required("must populate information for the given metric source");
      return;
    }
    if (source.equals("resource") || source.equals("containerResource")) {
      given.child("name").needed("must specify a resource name");
      Field target = given.child("target");
      target.child("type").neededOneOf("AverageValue", "Utilization", "Value");
      Field percent = target.child("averageUtilization");
      if (percent.present() && percent.number() < 1) {
        percent.invalid("must be greater than 0");
      }
      if (!percent.present() && !target.has("averageValue")) {
        target
            .child("averageUtilization")
            .required("must set either a target raw value or a target utilization");
      }
    }
  }

  private static void rules(Field rules) {
    if (!rules.present()) {
      return;
    }
    Field window = rules.child("stabilizationWindowSeconds");
    window.nonNegative();
    if (window.number() > 3600) {
      window.invalid("must be less than or equal to 3600");
    }
    rules.child("selectPolicy").oneOf("Disabled", "Max", "Min");
    Field policies = rules.child("policies");
    if (policies.blank()) {
      policies.required("must specify at least one Policy");
    }
    for (Field policy : policies.items()) {
      policy.child("type").neededOneOf("Percent", "Pods");
      if (policy.child("value").number() <= 0) {
        policy.child("value").invalid("must be greater than zero");
      }
      Field period = policy.child("periodSeconds");
      if (period.number() <= 0) {
        period.invalid("must be greater than zero");
      } else if (period.number() > 1800) {
        period.invalid("must be less than or equal to 1800");
      }
    }
  }
}
