package dev.coracle.admission.policy;

import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ServedResources;
import dev.coracle.api.StatusException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The policies of one kind with their bindings, and which of them are about a write. */
final class Policies {

  private static final String GROUP = "admissionregistration.k8s.io";

  /** A policy that is to be applied with one parameter (or none). */
  record Invocation(
      KubeObject policy,
      KubeObject binding,
      AdmissionRules.Match match,
      @Nullable KubeObject param) {}

  /** Told of what cannot be applied. */
  interface Failures {
    void failed(KubeObject policy, @Nullable KubeObject binding, String why);
  }

  private final GroupVersionResource policies;
  private final GroupVersionResource bindings;
  private final AdmissionRules rules;
  private final PolicyParams params;

  Policies(String policies, String bindings, AdmissionRules rules, PolicyParams params) {
    this.policies = GroupVersionResource.of(GROUP, "v1", policies);
    this.bindings = GroupVersionResource.of(GROUP, "v1", bindings);
    this.rules = rules;
    this.params = params;
  }

  /** So that nobody locks themselves out, and questions about rights are always answered. */
  private static boolean isExempt(AdmissionAttributes attributes) {
    String group = attributes.resource().group();
    return AdmissionRules.isExempt(attributes)
        || group.equals("authentication.k8s.io")
        || group.equals("authorization.k8s.io");
  }

  static boolean ignoresErrors(KubeObject policy) {
    return policy.text("spec", "failurePolicy").equals("Ignore");
  }

  /** Those that apply, by the names of policies and then of bindings. */
  List<Invocation> about(AdmissionAttributes attributes, Failures failures) {
    List<KubeObject> bound = rules.served().objects(bindings);
    if (bound.isEmpty() || isExempt(attributes)) {
      return List.of();
    }
    Map<String, List<KubeObject>> byPolicy = new HashMap<>();
    for (KubeObject binding : bound) {
      byPolicy
          .computeIfAbsent(binding.text("spec", "policyName"), name -> new ArrayList<>())
          .add(binding);
    }
    List<KubeObject> sorted = new ArrayList<>(rules.served().objects(policies));
    sorted.sort(Comparator.comparing(KubeObject::name));
    List<Invocation> invocations = new ArrayList<>();
    for (KubeObject policy : sorted) {
      List<KubeObject> own = byPolicy.get(policy.name());
      if (own != null) {
        own.sort(Comparator.comparing(KubeObject::name));
        collect(policy, own, attributes, invocations, failures);
      }
    }
    return invocations;
  }

  private void collect(
      KubeObject policy,
      List<KubeObject> own,
      AdmissionAttributes attributes,
      List<Invocation> invocations,
      Failures failures) {
    AdmissionRules.Match match;
    ServedResources.Served kind;
    try {
      match = rules.match(policy.at("spec", "matchConstraints"), attributes);
      if (match == null) {
        return;
      }
      kind = params.kind(policy);
    } catch (StatusException e) {
      failures.failed(policy, null, "failed to configure policy: " + e.status().message());
      return;
    } catch (PolicyParams.Unusable e) {
      failures.failed(policy, null, "failed to configure policy: " + e.why());
      return;
    }
    for (KubeObject binding : own) {
      try {
        if (rules.match(binding.at("spec", "matchResources"), attributes) != null) {
          for (KubeObject param : params.of(kind, binding, attributes)) {
            invocations.add(new Invocation(policy, binding, match, param));
          }
        }
      } catch (StatusException e) {
        failures.failed(policy, binding, "failed to configure binding: " + e.status().message());
      } catch (PolicyParams.Unusable e) {
        failures.failed(policy, binding, "failed to configure binding: " + e.why());
      }
    }
  }
}
