package dev.coracle.registry.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.Meta;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.cache.ObjectTree;
import dev.coracle.registry.flow.DeleteCollectionFlow;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Resources;
import dev.coracle.registry.strategy.CustomResourceDefinitionStrategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Empties the resources whose CRDs are being deleted: a CRD goes when nothing is left of it. */
final class EmptiedResources {

  private static final Logger LOGGER = LoggerFactory.getLogger(EmptiedResources.class);
  private static final String IN_PROGRESS = "CustomResource deletion is in progress";
  private static final Duration RETRY = Duration.ofMillis(500);

  private final RegistryConfig config;
  private final Resources resources;
  private final Definitions definitions;
  private final DeleteCollectionFlow deleting;
  private final Set<String> emptying = ConcurrentHashMap.newKeySet();

  EmptiedResources(
      RegistryConfig config,
      Resources resources,
      Definitions definitions,
      DeleteCollectionFlow deleting) {
    this.config = config;
    this.resources = resources;
    this.definitions = definitions;
    this.deleting = deleting;
  }

  /**
   * Deletes all objects of a resource, then lets its CRD go.
   *
   * @param types all that is served of it, at the time
   */
  void empty(String definition, Supplier<List<ResourceType>> types) {
    if (emptying.add(definition)) {
      Thread.startVirtualThread(
          () -> {
            try {
              terminating(definition, true, "InstanceDeletionInProgress", IN_PROGRESS);
            } catch (RuntimeException e) {
              LOGGER.debug("the condition of {}", definition, e);
            }
            emptyOnce(definition, types);
          });
    }
  }

  private void emptyOnce(String definition, Supplier<List<ResourceType>> types) {
    try {
      if (isEmptied(types.get())) {
        release(definition);
        emptying.remove(definition);
        return;
      }
    } catch (StatusException e) {
      LOGGER.debug("emptying {}", definition, e);
    } catch (RuntimeException e) {
      LOGGER.debug("the store is closed", e);
      return;
    }
    config.clock().schedule(RETRY, () -> emptyOnce(definition, types));
  }

  private boolean isEmptied(List<ResourceType> types) {
    if (types.isEmpty()) {
      return true;
    }
    ResourceType type = types.getFirst();
    for (ResourceType each : types) {
      if (each.version().equals(each.storageVersion())) {
        type = each;
      }
    }
    Resource resource = resources.of(type);
    List<KubeObject> left = new ArrayList<>();
    resource.stored().snapshot().tree().forEach(left::add);
    deleting.delete(Definitions.SERVER, resource, left, DeleteOptions.background());
    ObjectTree now = resource.stored().snapshot().tree();
    return now.size() == 0;
  }

  private void terminating(String definition, boolean is, String reason, String message) {
    definitions.update(definition, "status", current -> terminating(current, is, reason, message));
  }

  private ObjectNode terminating(KubeObject definition, boolean is, String reason, String message) {
    ObjectNode object = definition.mutableTree();
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (Meta.text(condition, "type").equals("Terminating")
          && condition instanceof ObjectNode known) {
        if (!Meta.text(known, "status").equals(is ? "True" : "False")) {
          known.put("lastTransitionTime", Timestamps.seconds(config.clock().instant()));
        }
        known.put("status", is ? "True" : "False").put("reason", reason).put("message", message);
      }
    }
    return object;
  }

  private void release(String definition) {
    terminating(definition, false, "InstanceDeletionCompleted", "removed all instances");
    definitions.update(
        definition,
        "",
        current -> {
          ObjectNode object = current.mutableTree();
          List<String> finalizers = new ArrayList<>(current.finalizers());
          finalizers.remove(CustomResourceDefinitionStrategy.CLEANUP);
          Meta.setStrings(Meta.of(object), "finalizers", finalizers);
          return object;
        });
  }
}
