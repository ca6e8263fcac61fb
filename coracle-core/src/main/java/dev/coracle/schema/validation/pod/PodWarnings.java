package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What of a Pod, or of a template of Pods, is allowed and yet surely not meant. */
public final class PodWarnings {

  private final List<String> warnings = new ArrayList<>();

  private PodWarnings() {}

  /**
   * The warnings that a write of an object gives.
   *
   * @param kind a built-in kind
   */
  public static List<String> of(String kind, JsonNode object) {
    PodWarnings found = new PodWarnings();
    switch (kind) {
      case "Pod" -> found.spec(object.path("spec"), FieldPath.of("spec"));
      case "PodTemplate" ->
          found.spec(object.path("template").path("spec"), FieldPath.of("template", "spec"));
      case "CronJob" ->
          found.spec(
              object.path("spec").path("jobTemplate").path("spec").path("template").path("spec"),
              FieldPath.of("spec", "jobTemplate", "spec", "template", "spec"));
      case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController" ->
          found.spec(
              object.path("spec").path("template").path("spec"),
              FieldPath.of("spec", "template", "spec"));
      default -> {}
    }
    return found.warnings;
  }

  private void spec(JsonNode spec, FieldPath path) {
    if (spec.path("terminationGracePeriodSeconds").asLong(0) < 0) {
      warnings.add(
          path.child("terminationGracePeriodSeconds")
              + ": must be >= 0; negative values are invalid and will be treated as 1");
    }
    JsonNode constraints = spec.path("topologySpreadConstraints");
    for (int i = 0; i < constraints.size(); i++) {
      if (!constraints.get(i).hasNonNull("labelSelector")) {
        warnings.add(
            path.child("topologySpreadConstraints").index(i).child("labelSelector")
                + ": a null labelSelector results in matching no pod");
      }
    }
    JsonNode secrets = spec.path("imagePullSecrets");
    for (int i = 0; i < secrets.size(); i++) {
      if (secrets.get(i).path("name").asText("").isEmpty()) {
        warnings.add(
            path.child("imagePullSecrets").index(i).child("name") + ": invalid empty name \"\"");
      }
    }
    containers(spec.path("initContainers"), path.child("initContainers"));
    containers(spec.path("containers"), path.child("containers"));
    ports(spec.path("containers"), path.child("containers"));
  }

  private void containers(JsonNode containers, FieldPath path) {
    for (int i = 0; i < containers.size(); i++) {
      environment(containers.get(i).path("env"), path.index(i).child("env"));
      JsonNode resources = containers.get(i).path("resources");
      for (String list : new String[] {"limits", "requests"}) {
        for (String name : new String[] {"memory", "ephemeral-storage"}) {
          if (resources.path(list).path(name).asText("").endsWith("m")) {
            warnings.add(
                path.index(i).child("resources").child(list).key(name)
                    + ": fractional byte value "
                    + FieldErrors.quoted(resources.path(list).path(name).asText(""))
                    + " is invalid, must be an integer");
          }
        }
      }
    }
  }

  private void environment(JsonNode variables, FieldPath path) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < variables.size(); i++) {
      JsonNode variable = variables.get(i);
      String name = variable.path("name").asText("");
      String value = variable.path("value").asText("");
      String reference = "$(" + name + ")";
      boolean hides =
          variable.has("valueFrom") || value.equals(reference) || !value.contains(reference);
      if (!seen.add(name) && hides) {
        warnings.add(
            path.index(i)
                + ": hides previous definition of "
                + FieldErrors.quoted(name)
                + ", which may be dropped when using apply");
      }
    }
  }

  /** Twins among the ports of all containers, by number, protocol and addresses of the host. */
  private void ports(JsonNode containers, FieldPath path) {
    Map<String, FieldPath> seen = new HashMap<>();
    for (int i = 0; i < containers.size(); i++) {
      JsonNode ports = containers.get(i).path("ports");
      for (int k = 0; k < ports.size(); k++) {
        JsonNode port = ports.get(k);
        FieldPath at = path.index(i).child("ports").index(k);
        String key =
            port.path("containerPort").asText("")
                + "/"
                + port.path("protocol").asText("TCP")
                + "/"
                + port.path("hostPort").asText("0")
                + "/"
                + port.path("hostIP").asText("");
        @Nullable FieldPath other = seen.putIfAbsent(key, at);
        if (other != null) {
          warnings.add(at + ": duplicate port definition with " + other);
        }
      }
    }
  }
}
