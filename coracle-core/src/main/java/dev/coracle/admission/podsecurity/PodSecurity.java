package dev.coracle.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Operation;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Holds Pods to the Pod Security Standard that their namespace's labels {@code
 * pod-security.kubernetes.io/enforce}, {@code /audit} and {@code /warn} name. Pod templates are
 * only warned of and noted. Configured by a {@code PodSecurityConfiguration}.
 */
public final class PodSecurity implements AdmissionPlugin {

  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final int MOST_PODS = 3000;

  /** By the resource, where its Pod template is. */
  private static final Map<String, String> TEMPLATES =
      Map.of(
          "replicationcontrollers", "/spec/template",
          "podtemplates", "/template",
          "replicasets.apps", "/spec/template",
          "deployments.apps", "/spec/template",
          "statefulsets.apps", "/spec/template",
          "daemonsets.apps", "/spec/template",
          "jobs.batch", "/spec/template",
          "cronjobs.batch", "/spec/jobTemplate/spec/template");

  private static final Set<String> IGNORED =
      Set.of("exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status");

  private final Supplier<Client> client;
  private final PodSecurityPolicy defaults;
  private final Set<String> exemptNamespaces;
  private final Set<String> exemptUsers;
  private final Set<String> exemptRuntimeClasses;

  /**
   * @param configuration a PodSecurityConfiguration; missing for Kubernetes' defaults
   * @throws IllegalArgumentException when it cannot be used
   */
  public PodSecurity(Supplier<Client> client, JsonNode configuration) {
    this.client = client;
    this.defaults = PodSecurityPolicy.defaults(configuration.path("defaults"));
    JsonNode exemptions = configuration.path("exemptions");
    exemptNamespaces = set(exemptions.path("namespaces"));
    exemptUsers = set(exemptions.path("usernames"));
    exemptRuntimeClasses = set(exemptions.path("runtimeClasses"));
  }

  private static Set<String> set(JsonNode names) {
    Set<String> set = new HashSet<>();
    names.forEach(name -> set.add(name.asText()));
    return set;
  }

  @Override
  public String name() {
    return "PodSecurity";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    String resource = attributes.resource().qualified();
    boolean concerns =
        resource.equals("namespaces") || resource.equals("pods") || TEMPLATES.containsKey(resource);
    ObjectNode object = concerns ? attributes.object() : null;
    boolean write =
        attributes.operation() == Operation.CREATE || attributes.operation() == Operation.UPDATE;
    if (object == null || !write) {
      return;
    }
    if (resource.equals("namespaces")) {
      if (attributes.subresource().isEmpty()) {
        namespace(attributes);
      }
    } else if (resource.equals("pods")) {
      if (!IGNORED.contains(attributes.subresource())) {
        evaluate(attributes, object, true);
      }
    } else if (attributes.subresource().isEmpty() && TEMPLATES.containsKey(resource)) {
      JsonNode template = object.at(TEMPLATES.get(resource));
      if (template.path("spec").isObject()) {
        evaluate(attributes, template, false);
      }
    }
  }

  private void namespace(AdmissionAttributes attributes) {
    PodSecurityPolicy now = PodSecurityPolicy.of(attributes.labels(), defaults);
    KubeObject old = attributes.oldObject();
    if (old == null) {
      if (!now.problems().isEmpty()) {
        throw invalid(attributes, now.problem());
      }
      return;
    }
    PodSecurityPolicy before = PodSecurityPolicy.of(old.labels(), defaults);
    if (!now.problems().isEmpty() && !now.problem().equals(before.problem())) {
      throw invalid(attributes, now.problem());
    }
    PodSecurityLevel enforced = now.enforce();
    boolean relaxed =
        enforced.version().equals(before.enforce().version())
            && enforced.isNoStricterThan(before.enforce());
    if (enforced.level().equals("privileged")
        || relaxed
        || exemptNamespaces.contains(attributes.name())) {
      return;
    }
    warnOfPods(attributes, enforced);
  }

  private void warnOfPods(AdmissionAttributes attributes, PodSecurityLevel enforced) {
    List<KubeObject> pods = client.get().list(PODS, attributes.name(), ListOptions.ALL).items();
    Map<String, TreeSet<String>> names = new TreeMap<>();
    for (KubeObject pod : pods.subList(0, Math.min(pods.size(), MOST_PODS))) {
      if (!exemptRuntimeClasses.contains(pod.text("spec", "runtimeClassName"))) {
        List<Violation> violations = PodSecurityStandards.violations(pod.tree(), enforced);
        if (!violations.isEmpty()) {
          names
              .computeIfAbsent(Violation.reasons(violations), any -> new TreeSet<>())
              .add(pod.name());
        }
      }
    }
    if (pods.size() > MOST_PODS) {
      attributes
          .warnings()
          .add(
              "new PodSecurity enforce level only checked against the first "
                  + MOST_PODS
                  + " of "
                  + pods.size()
                  + " existing pods");
    }
    if (names.isEmpty()) {
      return;
    }
    attributes
        .warnings()
        .add(
            "existing pods in namespace \""
                + attributes.name()
                + "\" violate the new PodSecurity enforce level \""
                + enforced
                + '"');
    List<String> warnings = new ArrayList<>();
    names.forEach(
        (reasons, of) -> {
          int others = of.size() - 1;
          String more =
              others == 0 ? "" : " (and " + others + (others == 1 ? " other pod)" : " other pods)");
          warnings.add(of.getFirst() + more + ": " + reasons);
        });
    warnings.sort(null);
    attributes.warnings().addAll(warnings);
  }

  private void evaluate(AdmissionAttributes attributes, JsonNode pod, boolean itself) {
    if (exemptNamespaces.contains(attributes.namespace())) {
      annotate(attributes, "exempt", "namespace");
      return;
    }
    if (exemptUsers.contains(attributes.user().name())) {
      annotate(attributes, "exempt", "user");
      return;
    }
    KubeObject namespace = client.get().find(NAMESPACES, "", attributes.namespace());
    if (namespace == null) {
      throw StatusException.internal("failed to lookup namespace " + attributes.namespace());
    }
    PodSecurityPolicy policy = PodSecurityPolicy.of(namespace.labels(), defaults);
    KubeObject old = attributes.oldObject();
    boolean free = itself ? policy.isPrivileged() : policy.onlyEnforces();
    if (free && policy.problems().isEmpty()) {
      if (itself) {
        annotate(attributes, "enforce-policy", policy.enforce().toString());
      }
      return;
    }
    if (itself
        && old != null
        && attributes.operation() == Operation.UPDATE
        && unchanged(pod.path("spec"), old.at("spec"))) {
      return;
    }
    if (exemptRuntimeClasses.contains(pod.path("spec").path("runtimeClassName").asText(""))) {
      annotate(attributes, "exempt", "runtimeClass");
      return;
    }
    if (!policy.problems().isEmpty()) {
      annotate(attributes, "error", "Failed to parse policy: " + policy.problem());
    }
    if (itself) {
      annotate(attributes, "enforce-policy", policy.enforce().toString());
    }
    List<Violation> audited = PodSecurityStandards.violations(pod, policy.audit());
    if (!audited.isEmpty()) {
      annotate(attributes, "audit-violations", would(policy.audit(), audited));
    }
    if (itself) {
      List<Violation> violations = PodSecurityStandards.violations(pod, policy.enforce());
      if (!violations.isEmpty()) {
        throw StatusException.forbidden(
            "",
            "pods",
            attributes.name(),
            "violates PodSecurity \"" + policy.enforce() + "\": " + Violation.line(violations));
      }
    }
    List<Violation> warned = PodSecurityStandards.violations(pod, policy.warn());
    if (!warned.isEmpty()) {
      attributes.warnings().add(would(policy.warn(), warned));
    }
  }

  private static String would(PodSecurityLevel level, List<Violation> violations) {
    return "would violate PodSecurity \"" + level + "\": " + Violation.line(violations);
  }

  /** What may change of a running Pod, its tolerations and such, has nothing to do with this. */
  private static boolean unchanged(JsonNode spec, JsonNode old) {
    return spec.path("containers").equals(old.path("containers"))
        && spec.path("initContainers").equals(old.path("initContainers"))
        && spec.path("ephemeralContainers").equals(old.path("ephemeralContainers"));
  }

  private static void annotate(AdmissionAttributes attributes, String key, String value) {
    attributes.auditAnnotations().putIfAbsent(PodSecurityPolicy.PREFIX + key, value);
  }

  private static StatusException invalid(AdmissionAttributes attributes, String why) {
    Status forbidden = StatusException.forbidden("", "namespaces", attributes.name(), why).status();
    return new StatusException(
        new Status(422, "Invalid", forbidden.message(), forbidden.details()));
  }
}
