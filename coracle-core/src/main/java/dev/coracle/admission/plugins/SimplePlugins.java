package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Plugins of Kubernetes that are off unless asked for, and fit into a few lines each. */
public final class SimplePlugins {

  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");

  private SimplePlugins() {}

  private record Plugin(
      String name,
      Consumer<AdmissionAttributes> admitting,
      Consumer<AdmissionAttributes> validating)
      implements AdmissionPlugin {
    @Override
    public void admit(AdmissionAttributes attributes) {
      admitting.accept(attributes);
    }

    @Override
    public void validate(AdmissionAttributes attributes) {
      validating.accept(attributes);
    }
  }

  private static void nothing(AdmissionAttributes attributes) {}

  /** Lets everything pass. */
  public static AdmissionPlugin alwaysAdmit() {
    return new Plugin("AlwaysAdmit", SimplePlugins::nothing, SimplePlugins::nothing);
  }

  /** Lets nothing pass. */
  public static AdmissionPlugin alwaysDeny() {
    Consumer<AdmissionAttributes> no =
        attributes -> {
          throw refused(attributes, "admission control is denying all modifications");
        };
    return new Plugin("AlwaysDeny", no, no);
  }

  /** Every container's image is pulled anew. */
  public static AdmissionPlugin alwaysPullImages() {
    return new Plugin(
        "AlwaysPullImages",
        attributes -> {
          ObjectNode pod = attributes.object();
          boolean write =
              attributes.operation() == Operation.CREATE
                  || attributes.operation() == Operation.UPDATE;
          if (pod == null || !write || !isPodItself(attributes)) {
            return;
          }
          for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
            for (JsonNode container : pod.path("spec").path(list)) {
              ((ObjectNode) container).put("imagePullPolicy", "Always");
            }
          }
        },
        SimplePlugins::nothing);
  }

  private static boolean isPodItself(AdmissionAttributes attributes) {
    return attributes.resource().qualified().equals("pods")
        && (attributes.subresource().isEmpty()
            || attributes.subresource().equals("ephemeralcontainers"));
  }

  /** A namespace that is not there is made. */
  public static AdmissionPlugin namespaceAutoProvision(Supplier<Client> client) {
    return new Plugin(
        "NamespaceAutoProvision",
        attributes -> {
          if (attributes.operation() != Operation.CREATE
              || attributes.dryRun()
              || attributes.namespace().isEmpty()
              || attributes.resource().qualified().equals("namespaces")
              || client.get().find(NAMESPACES, "", attributes.namespace()) != null) {
            return;
          }
          ObjectNode namespace = Json.object();
          namespace.putObject("metadata").put("name", attributes.namespace());
          try {
            client.get().create(NAMESPACES, "", namespace);
          } catch (StatusException e) {
            if (e.status().code() != 409) {
              throw e;
            }
          }
        },
        SimplePlugins::nothing);
  }

  /** A namespace that is not there has nothing in it. */
  public static AdmissionPlugin namespaceExists(Supplier<Client> client) {
    return new Plugin(
        "NamespaceExists",
        SimplePlugins::nothing,
        attributes -> {
          boolean namespaces = attributes.resource().qualified().equals("namespaces");
          if (!attributes.namespace().isEmpty()
              && !namespaces
              && client.get().find(NAMESPACES, "", attributes.namespace()) == null) {
            throw StatusException.notFound("", "namespaces", attributes.namespace());
          }
        });
  }

  /** Required anti-affinity is by host only. */
  public static AdmissionPlugin limitPodHardAntiAffinityTopology() {
    return new Plugin(
        "LimitPodHardAntiAffinityTopology",
        SimplePlugins::nothing,
        attributes -> {
          ObjectNode pod = attributes.object();
          if (pod == null || !AdmissionPlugin.isCore(attributes, "pods")) {
            return;
          }
          for (JsonNode term :
              pod.at(
                  "/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution")) {
            String key = term.path("topologyKey").asText();
            if (!key.equals("kubernetes.io/hostname")) {
              throw refused(
                  attributes,
                  "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey "
                      + key
                      + " but only key kubernetes.io/hostname is allowed");
            }
          }
        });
  }

  /** A Pod tolerates the taints by which nodes keep extended resources for those that want them. */
  public static AdmissionPlugin extendedResourceToleration() {
    return new Plugin(
        "ExtendedResourceToleration",
        attributes -> {
          ObjectNode pod = attributes.object();
          if (pod == null || !AdmissionPlugin.isCore(attributes, "pods")) {
            return;
          }
          TreeSet<String> resources = new TreeSet<>();
          for (String list : new String[] {"initContainers", "containers"}) {
            for (JsonNode container : pod.path("spec").path(list)) {
              for (Map.Entry<String, JsonNode> request :
                  container.path("resources").path("requests").properties()) {
                String name = request.getKey();
                if (name.contains("/") && !name.contains("kubernetes.io/")) {
                  resources.add(name);
                }
              }
            }
          }
          for (String resource : resources) {
            tolerate(pod.withObject("/spec").withArray("/tolerations"), resource);
          }
        },
        SimplePlugins::nothing);
  }

  private static void tolerate(ArrayNode tolerations, String resource) {
    for (JsonNode toleration : tolerations) {
      if (toleration.path("key").asText().equals(resource)
          && toleration.path("operator").asText().equals("Exists")
          && toleration.path("effect").asText("").isEmpty()) {
        return;
      }
    }
    tolerations.addObject().put("key", resource).put("operator", "Exists");
  }

  private static StatusException refused(AdmissionAttributes attributes, String why) {
    return StatusException.forbidden(
        attributes.resource().group(), attributes.resource().resource(), attributes.name(), why);
  }
}
