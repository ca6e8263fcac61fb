package dev.coracle.schema.validation.field;

import dev.coracle.api.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where a Pod may run: affinity, tolerations, spreading. */
public final class SchedulingValidation {

  private SchedulingValidation() {}

  public static void validate(Field spec) {
    Field affinity = spec.child("affinity");
    nodeAffinity(affinity.child("nodeAffinity"));
    podAffinity(affinity.child("podAffinity"));
    podAffinity(affinity.child("podAntiAffinity"));
    for (Field toleration : spec.child("tolerations").items()) {
      toleration(toleration);
    }
    spread(spec.child("topologySpreadConstraints"));
  }

  private static void nodeAffinity(Field affinity) {
    Field required = affinity.child("requiredDuringSchedulingIgnoredDuringExecution");
    if (required.present()) {
      nodeSelector(required);
    }
    for (Field preferred :
        affinity.child("preferredDuringSchedulingIgnoredDuringExecution").items()) {
      weight(preferred.child("weight"));
      nodeTerm(preferred.child("preference"));
    }
  }

  public static void nodeSelector(Field selector) {
    Field terms = selector.child("nodeSelectorTerms");
    if (terms.blank()) {
      terms.required("must have at least one node selector term");
    }
    terms.items().forEach(SchedulingValidation::nodeTerm);
  }

  private static void weight(Field weight) {
    if (weight.number() < 1 || weight.number() > 100) {
      weight.invalid("must be in the range 1-100");
    }
  }

  private static void nodeTerm(Field term) {
    for (Field expression : term.child("matchExpressions").items()) {
      Field values = expression.child("values");
      switch (expression.text("operator")) {
        case "In", "NotIn" -> {
          if (values.blank()) {
            values.required("must be specified when `operator` is 'In' or 'NotIn'");
          }
        }
        case "Exists", "DoesNotExist" -> {
          if (!values.blank()) {
            values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
          }
        }
        case "Gt", "Lt" -> {
          if (values.json().size() != 1) {
            values.required("must be specified single value when `operator` is 'Lt' or 'Gt'");
          }
        }
        default -> expression.child("operator").invalid("not a valid selector operator");
      }
      SelectorValidation.key(expression.child("key"));
    }
    for (Field field : term.child("matchFields").items()) {
      Field key = field.child("key");
      if (!key.text().equals("metadata.name")) {
        key.invalid("not a valid field selector key");
      }
      Field values = field.child("values");
      String operator = field.text("operator");
      if (!operator.equals("In") && !operator.equals("NotIn")) {
        field.child("operator").invalid("not a valid selector operator");
      } else if (values.json().size() != 1) {
        values.required(
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
      }
    }
  }

  private static void podAffinity(Field affinity) {
    for (Field term : affinity.child("requiredDuringSchedulingIgnoredDuringExecution").items()) {
      podTerm(term);
    }
    for (Field preferred :
        affinity.child("preferredDuringSchedulingIgnoredDuringExecution").items()) {
      weight(preferred.child("weight"));
      podTerm(preferred.child("podAffinityTerm"));
    }
  }

  private static void podTerm(Field term) {
    SelectorValidation.validate(term.child("labelSelector"));
    SelectorValidation.validate(term.child("namespaceSelector"));
    for (Field namespace : term.child("namespaces").items()) {
      namespace.at(term.path().child("namespace")).dnsLabel();
    }
    topologyKey(term.child("topologyKey"));
  }

  private static void topologyKey(Field key) {
    if (key.needed("can not be empty")) {
      SelectorValidation.key(key);
    }
  }

  private static void toleration(Field toleration) {
    Field key = toleration.child("key");
    Field operator = toleration.child("operator");
    Field effect = toleration.child("effect");
    if (!key.blank()) {
      SelectorValidation.key(key);
    } else if (!operator.text().equals("Exists")) {
      operator
          .errors()
          .invalid(
              operator.path(),
              operator.text(),
              "operator must be Exists when `key` is empty, which means \"match all values and all"
                  + " keys\"");
    }
    if (toleration.has("tolerationSeconds") && !effect.text().equals("NoExecute")) {
      effect
          .errors()
          .invalid(
              effect.path(),
              effect.text(),
              "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    String value = toleration.text("value");
    switch (operator.text()) {
      case "", "Equal" -> {
        List<String> wrong = Names.labelValue(value);
        if (!wrong.isEmpty()) {
          operator.errors().invalid(operator.path(), value, String.join(";", wrong));
        }
      }
      case "Exists" -> {
        if (!value.isEmpty()) {
          toleration
              .errors()
              .invalid(
                  operator.path(),
                  toleration.json(),
                  "value must be empty when `operator` is 'Exists'");
        }
      }
      default -> operator.oneOf("Equal", "Exists");
    }
    effect.oneOf("NoSchedule", "PreferNoSchedule", "NoExecute");
  }

  private static void spread(Field constraints) {
    Set<String> seen = new HashSet<>();
    for (Field constraint : constraints.items()) {
      Field skew = constraint.child("maxSkew");
      if (skew.number() <= 0) {
        skew.invalid("must be greater than zero");
      }
      topologyKey(constraint.child("topologyKey"));
      Field when = constraint.child("whenUnsatisfiable");
      if (when.text().isEmpty()) {
        when.errors().notSupported(when.path(), "", List.of("DoNotSchedule", "ScheduleAnyway"));
      }
      when.oneOf("DoNotSchedule", "ScheduleAnyway");
      String pair = "{" + constraint.text("topologyKey") + ", " + when.text() + "}";
      if (!seen.add(pair)) {
        constraint
            .errors()
            .duplicate(constraint.path().child("{topologyKey, whenUnsatisfiable}"), pair);
      }
      Field domains = constraint.child("minDomains");
      if (domains.present()) {
        if (domains.number() <= 0) {
          domains.invalid("must be greater than zero");
        }
        if (!when.text().equals("DoNotSchedule")) {
          domains.invalid(
              "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not " + when.text());
        }
      }
      constraint.child("nodeAffinityPolicy").oneOf("Honor", "Ignore");
      constraint.child("nodeTaintsPolicy").oneOf("Honor", "Ignore");
      SelectorValidation.validate(constraint.child("labelSelector"));
    }
  }
}
