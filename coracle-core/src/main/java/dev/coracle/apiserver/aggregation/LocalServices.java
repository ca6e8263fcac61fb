package dev.coracle.apiserver.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.Seed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** An APIService for every group and version that this server serves itself, and for no other. */
final class LocalServices {

  private static final String MANAGED = "kube-aggregator.kubernetes.io/automanaged";

  /** By name, those of the built-in groups: the same in every cluster of this JVM. */
  private static final Map<String, Seed> SEEDS = new ConcurrentHashMap<>();

  private LocalServices() {}

  /**
   * @param known all APIServices, by name
   */
  static void reconcile(Registry registry, LocalGroups locals, Map<String, KubeObject> known) {
    ResourceType type = registry.find("apiregistration.k8s.io", "v1", "apiservices");
    if (type == null) {
      return;
    }
    Map<String, ResourceType> served = new LinkedHashMap<>();
    for (ResourceType each : registry.resources()) {
      served.putIfAbsent(each.version() + "." + each.group(), each);
    }
    for (ResourceType each : locals.types()) {
      served.putIfAbsent(each.version() + "." + each.group(), each);
    }
    // The API registration itself is served by the aggregator, which registers only others.
    served.values().removeIf(each -> each.group().equals("apiregistration.k8s.io"));
    if (known.isEmpty()) {
      plant(registry, type, served, locals);
    }
    served.forEach(
        (name, each) -> {
          KubeObject current = known.get(name);
          if (current == null) {
            current = create(registry, type, name, each, locals.types().contains(each));
          }
          if (current != null && !current.at("spec", "service").isObject()) {
            ApiServices.setCondition(
                registry, current, "True", "Local", "Local APIServices are always available");
          }
        });
    known.forEach(
        (name, service) -> {
          if (!served.containsKey(name)
              && "true".equals(service.at("metadata", "labels").path(MANAGED).asText())) {
            remove(registry, type, name);
          }
        });
  }

  /** A new cluster gets all built-in ones at once. */
  private static void plant(
      Registry registry, ResourceType type, Map<String, ResourceType> served, LocalGroups locals) {
    List<Seed> seeds = new ArrayList<>();
    served.forEach(
        (name, each) -> {
          if (!each.custom() && !locals.types().contains(each)) {
            seeds.add(
                SEEDS.computeIfAbsent(
                    name, any -> new Seed(type.gvr(), "", service(name, each, false))));
          }
        });
    registry.plant(ApiServices.system(), seeds, WriteOptions.NONE);
  }

  private static @Nullable KubeObject create(
      Registry registry, ResourceType type, String name, ResourceType served, boolean local) {
    try {
      return registry
          .create(
              ApiServices.system(),
              type,
              "",
              "",
              "",
              service(name, served, local),
              WriteOptions.NONE)
          .object();
    } catch (StatusException e) {
      if (e.isAlreadyExists()) {
        return null;
      }
      throw e;
    }
  }

  private static ObjectNode service(String name, ResourceType served, boolean local) {
    ObjectNode object = Json.object();
    object.put("apiVersion", "apiregistration.k8s.io/v1").put("kind", "APIService");
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    metadata.putObject("labels").put(MANAGED, served.custom() || local ? "true" : "onstart");
    ObjectNode spec = object.putObject("spec");
    if (!served.group().isEmpty()) {
      spec.put("group", served.group());
    }
    spec.put("version", served.version())
        .put(
            "groupPriorityMinimum",
            local ? 100 : GroupOrder.priority(served.group(), served.custom()))
        .put(
            "versionPriority",
            served.custom() || local ? 100 : served.version().equals("v1") ? 15 : 30);
    return object;
  }

  private static void remove(Registry registry, ResourceType type, String name) {
    try {
      registry.delete(ApiServices.system(), type, "", name, DeleteOptions.background());
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
