package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.ResourceValidation;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Containers of all three sorts. */
final class ContainerValidation {

  private enum Sort {
    MAIN,
    INIT,
    SIDECAR,
    EPHEMERAL
  }

  private static final String[] NOT_EPHEMERAL = {
    "ports",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "resources",
    "resizePolicy"
  };

  private ContainerValidation() {}

  static void validate(Field spec, Map<String, JsonNode> volumes) {
    Field containers = spec.child("containers");
    if (containers.blank()) {
      containers.required("");
    }
    Set<String> names = new HashSet<>();
    Set<String> hostPorts = new HashSet<>();
    boolean hostNetwork = spec.flag("hostNetwork");
    for (Field container : containers.items()) {
      container(container, Sort.MAIN, spec, names, volumes);
      PortValidation.hostPorts(container.child("ports"), hostPorts, hostNetwork);
    }
    for (Field container : spec.child("initContainers").items()) {
      boolean sidecar = container.text("restartPolicy").equals("Always");
      container(container, sidecar ? Sort.SIDECAR : Sort.INIT, spec, names, volumes);
      PortValidation.hostPorts(
          container.child("ports"), sidecar ? hostPorts : new HashSet<>(), hostNetwork);
    }
    ephemeral(spec, names, volumes);
  }

  private static void ephemeral(Field spec, Set<String> names, Map<String, JsonNode> volumes) {
    Set<String> targets = new HashSet<>(names);
    for (Field container : spec.child("ephemeralContainers").items()) {
      container(container, Sort.EPHEMERAL, spec, names, volumes);
      Field target = container.child("targetContainerName");
      if (!target.blank() && !targets.contains(target.text())) {
        target.errors().notFound(target.path(), target.text());
      }
      for (String field : NOT_EPHEMERAL) {
        if (!container.child(field).blank()) {
          container.child(field).forbidden("cannot be set for an Ephemeral Container");
        }
      }
      for (Field mount : container.child("volumeMounts").items()) {
        for (String field : new String[] {"subPath", "subPathExpr"}) {
          if (!mount.child(field).blank()) {
            mount.child(field).forbidden("cannot be set for an Ephemeral Container");
          }
        }
      }
    }
  }

  private static void container(
      Field container, Sort sort, Field spec, Set<String> names, Map<String, JsonNode> volumes) {
    Field name = container.child("name");
    if (name.needed()) {
      name.dnsLabel();
      if (!names.add(name.text())) {
        name.duplicate();
      }
    }
    Field image = container.child("image");
    if (image.needed() && !image.text().equals(image.text().strip())) {
      image.invalid("must not have leading or trailing whitespace");
    }
    container.child("terminationMessagePolicy").neededOneOf("FallbackToLogsOnError", "File");
    container.child("imagePullPolicy").neededOneOf("Always", "IfNotPresent", "Never");
    container.child("restartPolicy").oneOf("Always", "Never", "OnFailure");
    PortValidation.validate(container.child("ports"));
    EnvironmentValidation.variables(container.child("env"), volumes);
    EnvironmentValidation.sources(container.child("envFrom"));
    MountValidation.validate(container, volumes);
    SecurityContextValidation.container(container.child("securityContext"));
    if (sort != Sort.EPHEMERAL) {
      probes(container, sort, spec);
      ResourceValidation.container(
          container.child("resources"), spec.json().path("resourceClaims"));
    }
    for (Field policy : container.child("resizePolicy").items()) {
      policy.child("resourceName").neededOneOf("cpu", "memory");
      policy.child("restartPolicy").neededOneOf("NotRequired", "RestartContainer");
    }
  }

  private static void probes(Field container, Sort sort, Field spec) {
    String[] fields = {"livenessProbe", "readinessProbe", "startupProbe", "lifecycle"};
    if (sort == Sort.INIT) {
      for (String field : fields) {
        if (container.has(field)) {
          container
              .child(field)
              .forbidden("may not be set for init containers without restartPolicy=Always");
        }
      }
      return;
    }
    ProbeValidation.probe(container.child("livenessProbe"), true, false);
    ProbeValidation.probe(container.child("startupProbe"), true, false);
    ProbeValidation.probe(container.child("readinessProbe"), false, true);
    long grace = spec.json().path("terminationGracePeriodSeconds").asLong(30);
    ProbeValidation.lifecycle(container.child("lifecycle"), grace);
  }
}
