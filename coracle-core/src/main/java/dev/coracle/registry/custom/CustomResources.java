package dev.coracle.registry.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Meta;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.cache.Selection;
import dev.coracle.registry.cache.WatchCache;
import dev.coracle.registry.flow.DeleteCollectionFlow;
import dev.coracle.registry.flow.UpdateFlow;
import dev.coracle.registry.resource.Resources;
import dev.coracle.registry.resource.ScalePaths;
import dev.coracle.registry.strategy.CustomResourceDefinitionStrategy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves what CRDs define. It follows the CRDs in the store, so a resource is there when the write
 * of its CRD is answered, whichever server took it; and it empties a resource before its CRD goes.
 */
public final class CustomResources implements Registry.WatchSink {

  private static final Logger LOGGER = LoggerFactory.getLogger(CustomResources.class);

  /**
   * What is served of a CRD.
   *
   * @param schemas by version, served or not
   * @param currentAfter the revision since which everything is written under these schemas
   */
  private record Served(
      List<ResourceType> types,
      Map<String, JsonNode> schemas,
      JsonNode conversion,
      long currentAfter) {

    /** Whether its objects look otherwise than before. */
    boolean isOther(Served before) {
      return !conversion.equals(before.conversion)
          || !versions(types).equals(versions(before.types));
    }

    private static List<String> versions(List<ResourceType> types) {
      return types.stream().map(type -> type.version() + " " + type.storageVersion()).toList();
    }
  }

  private final RegistryConfig config;
  private final Resources resources;
  private final Definitions definitions;
  private final EmptiedResources emptying;
  private final Map<String, Served> served = new ConcurrentHashMap<>();

  public CustomResources(
      RegistryConfig config,
      Resources resources,
      UpdateFlow updating,
      DeleteCollectionFlow deleting) {
    this.config = config;
    this.resources = resources;
    this.definitions = new Definitions(resources, updating);
    this.emptying = new EmptiedResources(config, resources, definitions, deleting);
  }

  public void start() {
    definitions.stored().watch("", Selection.ALL, new WatchCache.Start.Now(0, null), false, this);
  }

  @Override
  public boolean offer(WatchEvent event) {
    KubeObject definition = event.object();
    try {
      switch (event.type()) {
        case ADDED, MODIFIED -> serve(definition);
        case DELETED -> {
          forget(definition.name());
          namesAreFree(definition);
        }
        case BOOKMARK, ERROR -> {}
      }
    } catch (RuntimeException e) {
      LOGGER.error("cannot serve the custom resource {}", definition.name(), e);
    }
    return true;
  }

  @Override
  public void ended() {
    // The cache lost its place in the store, and is filled again; or the store is closed.
    Thread.startVirtualThread(
        () -> {
          try {
            start();
          } catch (RuntimeException e) {
            LOGGER.debug("the store is closed", e);
          }
        });
  }

  private void serve(KubeObject definition) {
    if (!isTrue(definition, "Established")) {
      forget(definition.name());
      return;
    }
    JsonNode spec = definition.tree().path("spec");
    Served before = served.get(definition.name());
    Map<String, JsonNode> schemas = schemas(spec);
    long current =
        before != null && before.schemas().equals(schemas)
            ? before.currentAfter()
            : definition.resourceVersion();
    JsonNode conversion = spec.path("conversion");
    ConversionReview review =
        Meta.text(conversion, "strategy").equals("Webhook")
            ? new ConversionReview(config.conversions(), conversion.path("webhook"))
            : null;
    List<Resources.CustomVersion> versions = new ArrayList<>();
    for (JsonNode version : spec.path("versions")) {
      ResourceType type = CustomTypes.of(definition, version);
      define(type, spec, version);
      CustomConversion own =
          new CustomConversion(type, config.schemas(), current, review, config.uids());
      config.schemas().convertBy(type, own::inThisVersion);
      if (version.path("served").asBoolean(false)) {
        versions.add(new Resources.CustomVersion(type, own));
      }
    }
    List<ResourceType> types = versions.stream().map(Resources.CustomVersion::type).toList();
    Served now = new Served(types, schemas, conversion, current);
    served.put(definition.name(), now);
    if (!now.equals(before)) {
      resources.setCustom(definition.name(), versions, before != null && now.isOther(before));
    } else {
      resources.touch();
    }
    if (definition.isDeleting()
        && definition.finalizers().contains(CustomResourceDefinitionStrategy.CLEANUP)) {
      emptying.empty(definition.name(), () -> typesOf(definition.name()));
    }
  }

  /** A CRD is gone: others of its group that wanted its names may have them now. */
  private void namesAreFree(KubeObject gone) {
    Thread.startVirtualThread(
        () -> {
          try {
            definitions
                .stored()
                .snapshot()
                .tree()
                .forEach(
                    other -> {
                      if (other.text("spec", "group").equals(gone.text("spec", "group"))
                          && !isTrue(other, "NamesAccepted")) {
                        updateAsItIs(other.name());
                      }
                    });
          } catch (RuntimeException e) {
            LOGGER.debug("names of {}", gone.name(), e);
          }
        });
  }

  /** The strategy looks at the names with every write. */
  private void updateAsItIs(String definition) {
    definitions.update(definition, "", KubeObject::mutableTree);
  }

  private static Map<String, JsonNode> schemas(JsonNode spec) {
    Map<String, JsonNode> schemas = new LinkedHashMap<>();
    for (JsonNode version : spec.path("versions")) {
      schemas.put(Meta.text(version, "name"), version.path("schema").path("openAPIV3Schema"));
    }
    return schemas;
  }

  /** Versions that are not served are known too: objects may be stored in them. */
  private void define(ResourceType type, JsonNode spec, JsonNode version) {
    JsonNode schema = version.path("schema").path("openAPIV3Schema");
    config
        .schemas()
        .define(
            type,
            schema instanceof ObjectNode object ? object : Json.object(),
            spec.path("preserveUnknownFields").asBoolean(false));
    JsonNode scale = version.path("subresources").path("scale");
    if (scale.isObject()) {
      resources
          .scalePaths()
          .define(
              type,
              ScalePaths.of(
                  Meta.text(scale, "specReplicasPath"),
                  Meta.text(scale, "statusReplicasPath"),
                  Meta.text(scale, "labelSelectorPath")));
    } else {
      resources.scalePaths().forget(type);
    }
  }

  private void forget(String definition) {
    Served before = served.remove(definition);
    if (before != null) {
      resources.setCustom(definition, List.of(), true);
      for (ResourceType type : before.types()) {
        for (String version : before.schemas().keySet()) {
          config.schemas().define(type.inVersion(version), null, false);
          resources.scalePaths().forget(type.inVersion(version));
        }
      }
    }
  }

  private static boolean isTrue(KubeObject definition, String type) {
    for (JsonNode condition : definition.at("status", "conditions")) {
      if (Meta.text(condition, "type").equals(type)) {
        return Meta.text(condition, "status").equals("True");
      }
    }
    return false;
  }

  private List<ResourceType> typesOf(String definition) {
    Served known = served.get(definition);
    return known == null ? List.of() : known.types();
  }
}
