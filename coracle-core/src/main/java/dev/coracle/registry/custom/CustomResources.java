package dev.coracle.registry.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.KubeVersions;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Meta;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.cache.ObjectTree;
import dev.coracle.registry.cache.Selection;
import dev.coracle.registry.cache.WatchCache;
import dev.coracle.registry.flow.DeleteCollectionFlow;
import dev.coracle.registry.flow.UpdateFlow;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Resources;
import dev.coracle.registry.resource.ScalePaths;
import dev.coracle.registry.strategy.CustomResourceDefinitionStrategy;
import dev.coracle.registry.subresource.Scales;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves what CRDs define. It follows the CRDs in the store, so a resource is there when the write
 * of its CRD is answered, whichever server took it; and it empties a resource before its CRD goes.
 */
public final class CustomResources implements Registry.WatchSink {

  private static final Logger LOGGER = LoggerFactory.getLogger(CustomResources.class);
  private static final String IN_PROGRESS = "CustomResource deletion is in progress";
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final GroupVersionResource DEFINITIONS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  private static final Set<String> VERBS =
      new LinkedHashSet<>(
          List.of(
              "delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"));

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
  private final UpdateFlow updating;
  private final DeleteCollectionFlow deleting;
  private final Map<String, Served> served = new ConcurrentHashMap<>();
  private final Set<String> emptying = ConcurrentHashMap.newKeySet();

  public CustomResources(
      RegistryConfig config,
      Resources resources,
      UpdateFlow updating,
      DeleteCollectionFlow deleting) {
    this.config = config;
    this.resources = resources;
    this.updating = updating;
    this.deleting = deleting;
  }

  public void start() {
    resources
        .of(DEFINITIONS)
        .stored()
        .watch("", Selection.ALL, new WatchCache.Start.Now(0, null), false, this);
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
      ResourceType type = type(definition, spec, version);
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
      empty(definition.name());
    }
  }

  /** A CRD is gone: others of its group that wanted its names may have them now. */
  private void namesAreFree(KubeObject gone) {
    Thread.startVirtualThread(
        () -> {
          try {
            resources
                .of(DEFINITIONS)
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
    updating.update(
        system(),
        resources.of(DEFINITIONS),
        "",
        definition,
        "",
        KubeObject::mutableTree,
        WriteOptions.NONE);
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

  private static ResourceType type(KubeObject definition, JsonNode spec, JsonNode version) {
    JsonNode accepted = definition.tree().path("status").path("acceptedNames");
    JsonNode names = accepted.path("plural").asText("").isEmpty() ? spec.path("names") : accepted;
    String group = Meta.text(spec, "group");
    String storage = "";
    for (JsonNode other : spec.path("versions")) {
      if (other.path("storage").asBoolean(false)) {
        storage = Meta.text(other, "name");
      }
    }
    String kind = Meta.text(names, "kind");
    GroupVersionKind gvk = new GroupVersionKind(group, Meta.text(version, "name"), kind);
    Set<String> verbs = new LinkedHashSet<>(VERBS);
    if (definition.isDeleting()) {
      verbs.remove("create");
    }
    List<String> selectable = new ArrayList<>();
    for (JsonNode field : version.path("selectableFields")) {
      String path = Meta.text(field, "jsonPath");
      selectable.add(path.startsWith(".") ? path.substring(1) : path);
    }
    return new ResourceType(
        group,
        gvk.version(),
        storage,
        Meta.text(names, "plural"),
        Meta.text(names, "singular"),
        kind,
        Meta.text(names, "listKind").isEmpty() ? kind + "List" : Meta.text(names, "listKind"),
        Meta.text(spec, "scope").equals("Namespaced"),
        Meta.strings(names.path("shortNames")),
        Meta.strings(names.path("categories")),
        verbs,
        subresources(gvk, version.path("subresources")),
        selectable,
        true,
        version.path("deprecated").asBoolean(false) ? deprecation(spec, version) : "");
  }

  private static String deprecation(JsonNode spec, JsonNode version) {
    String own = Meta.text(version, "deprecationWarning");
    if (!own.isEmpty()) {
      return own;
    }
    String group = Meta.text(spec, "group");
    String kind = Meta.text(spec.path("names"), "kind");
    String name = Meta.text(version, "name");
    String better = name;
    for (JsonNode other : spec.path("versions")) {
      boolean good =
          other.path("served").asBoolean(false) && !other.path("deprecated").asBoolean(false);
      if (good && KubeVersions.PREFERRED_FIRST.compare(Meta.text(other, "name"), better) < 0) {
        better = Meta.text(other, "name");
      }
    }
    return group
        + "/"
        + name
        + " "
        + kind
        + " is deprecated"
        + (better.equals(name) ? "" : "; use " + group + "/" + better + " " + kind);
  }

  private static Map<String, ResourceType.Subresource> subresources(
      GroupVersionKind gvk, JsonNode asked) {
    Map<String, ResourceType.Subresource> found = new LinkedHashMap<>();
    Set<String> verbs = new LinkedHashSet<>(List.of("get", "patch", "update"));
    if (asked.has("status")) {
      found.put("status", new ResourceType.Subresource("status", gvk, verbs));
    }
    if (asked.path("scale").isObject()) {
      found.put("scale", new ResourceType.Subresource("scale", Scales.KIND, verbs));
    }
    return found;
  }

  /** Deletes all objects of a resource, then lets its CRD go. */
  private void empty(String definition) {
    if (emptying.add(definition)) {
      Thread.startVirtualThread(
          () -> {
            try {
              terminating(definition, true, "InstanceDeletionInProgress", IN_PROGRESS);
            } catch (RuntimeException e) {
              LOGGER.debug("the condition of {}", definition, e);
            }
            emptyOnce(definition);
          });
    }
  }

  private void emptyOnce(String definition) {
    try {
      if (isEmptied(definition)) {
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
    config.clock().schedule(RETRY, () -> emptyOnce(definition));
  }

  private boolean isEmptied(String definition) {
    Served known = served.get(definition);
    if (known == null || known.types().isEmpty()) {
      return true;
    }
    ResourceType type = known.types().getFirst();
    for (ResourceType each : known.types()) {
      if (each.version().equals(each.storageVersion())) {
        type = each;
      }
    }
    Resource resource = resources.of(type);
    List<KubeObject> left = new ArrayList<>();
    resource.stored().snapshot().tree().forEach(left::add);
    deleting.delete(system(), resource, left, DeleteOptions.background());
    ObjectTree now = resource.stored().snapshot().tree();
    return now.size() == 0;
  }

  private void terminating(String definition, boolean is, String reason, String message) {
    updating.update(
        system(),
        resources.of(DEFINITIONS),
        "",
        definition,
        "status",
        current -> terminating(current, is, reason, message),
        WriteOptions.NONE);
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
    updating.update(
        system(),
        resources.of(DEFINITIONS),
        "",
        definition,
        "",
        current -> {
          ObjectNode object = current.mutableTree();
          List<String> finalizers = new ArrayList<>(current.finalizers());
          finalizers.remove(CustomResourceDefinitionStrategy.CLEANUP);
          Meta.setStrings(Meta.of(object), "finalizers", finalizers);
          return object;
        },
        WriteOptions.NONE);
  }

  private static RequestContext system() {
    return RequestContext.of(UserInfo.of("system:apiserver", "system:masters"), "coracle");
  }
}
