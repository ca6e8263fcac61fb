package dev.coracle.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Holds Pods to the Pod Security Standard that their namespace's labels {@code
 * pod-security.kubernetes.io/enforce}, {@code /audit} and {@code /warn} name. Pod templates are
 * only warned of.
 */
public final class PodSecurity implements AdmissionPlugin {

  private static final String PREFIX = "pod-security.kubernetes.io/";
  private static final Set<String> LEVELS = Set.of("privileged", "baseline", "restricted");

  /** By the resource, the path of its Pod template's spec. */
  private static final Map<String, String> TEMPLATES =
      Map.of(
          "replicationcontrollers", "/spec/template/spec",
          "podtemplates", "/template/spec",
          "replicasets.apps", "/spec/template/spec",
          "deployments.apps", "/spec/template/spec",
          "statefulsets.apps", "/spec/template/spec",
          "daemonsets.apps", "/spec/template/spec",
          "jobs.batch", "/spec/template/spec",
          "cronjobs.batch", "/spec/jobTemplate/spec/template/spec");

  private final Supplier<Client> client;

  public PodSecurity(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "PodSecurity";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    ObjectNode object = attributes.object();
    boolean write =
        attributes.operation() == Operation.CREATE || attributes.operation() == Operation.UPDATE;
    if (object == null || !write || attributes.namespace().isEmpty()) {
      return;
    }
    boolean pod =
        attributes.resource().qualified().equals("pods")
            && (attributes.subresource().isEmpty()
                || attributes.subresource().equals("ephemeralcontainers"));
    String template =
        attributes.subresource().isEmpty()
            ? TEMPLATES.getOrDefault(attributes.resource().qualified(), "")
            : "";
    if (!pod && template.isEmpty()) {
      return;
    }
    JsonNode spec = pod ? object.path("spec") : object.at(template);
    KubeObject old = attributes.oldObject();
    if (!spec.isObject() || (pod && old != null && unchanged(spec, old.at("spec")))) {
      return;
    }
    KubeObject namespace =
        client.get().find(GroupVersionResource.core("namespaces"), "", attributes.namespace());
    if (namespace != null) {
      check(attributes, spec, namespace.labels(), pod);
    }
  }

  /** What may change of a running Pod, its tolerations and such, has nothing to do with this. */
  private static boolean unchanged(JsonNode spec, JsonNode old) {
    return spec.path("containers").equals(old.path("containers"))
        && spec.path("initContainers").equals(old.path("initContainers"))
        && spec.path("ephemeralContainers").equals(old.path("ephemeralContainers"));
  }

  private static void check(
      AdmissionAttributes attributes, JsonNode spec, Map<String, String> labels, boolean pod) {
    String enforced = level(labels, "enforce");
    if (pod) {
      attributes
          .auditAnnotations()
          .putIfAbsent(PREFIX + "enforce-policy", enforced + ":" + version(labels, "enforce"));
      String violations = PodSecurityStandards.violations(spec, enforced);
      if (!violations.isEmpty()) {
        throw StatusException.forbidden(
            "",
            "pods",
            attributes.name(),
            "violates PodSecurity \""
                + enforced
                + ":"
                + version(labels, "enforce")
                + "\": "
                + violations);
      }
    }
    String audited = level(labels, "audit");
    String noted = PodSecurityStandards.violations(spec, audited);
    if (!noted.isEmpty()) {
      attributes
          .auditAnnotations()
          .putIfAbsent(
              PREFIX + "audit-violations", wouldViolate(audited, version(labels, "audit"), noted));
    }
    String warned = level(labels, "warn");
    String violations = PodSecurityStandards.violations(spec, warned);
    if (!violations.isEmpty()) {
      attributes.warnings().add(wouldViolate(warned, version(labels, "warn"), violations));
    }
  }

  private static String wouldViolate(String level, String version, String violations) {
    return "would violate PodSecurity \"" + level + ":" + version + "\": " + violations;
  }

  /** A label that says nothing known is as strict as can be. */
  private static String level(Map<String, String> labels, String mode) {
    String level = labels.getOrDefault(PREFIX + mode, "privileged");
    return LEVELS.contains(level) ? level : "restricted";
  }

  private static String version(Map<String, String> labels, String mode) {
    return labels.getOrDefault(PREFIX + mode + "-version", "latest");
  }
}
