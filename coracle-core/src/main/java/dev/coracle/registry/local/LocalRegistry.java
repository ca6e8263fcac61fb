package dev.coracle.registry.local;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.Operation;
import dev.coracle.api.PatchType;
import dev.coracle.api.ServedResources;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.Seed;
import dev.coracle.registry.custom.CustomResources;
import dev.coracle.registry.flow.AddressWriter;
import dev.coracle.registry.flow.Admissions;
import dev.coracle.registry.flow.Bodies;
import dev.coracle.registry.flow.CreateFlow;
import dev.coracle.registry.flow.DeleteCollectionFlow;
import dev.coracle.registry.flow.DeleteFlow;
import dev.coracle.registry.flow.LeaseRenewal;
import dev.coracle.registry.flow.NameGenerator;
import dev.coracle.registry.flow.ObjectStore;
import dev.coracle.registry.flow.ReadFlow;
import dev.coracle.registry.flow.UpdateFlow;
import dev.coracle.registry.flow.WatchFlow;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Resources;
import dev.coracle.registry.resource.Write;
import dev.coracle.registry.strategy.Strategies;
import dev.coracle.registry.subresource.Subresources;
import dev.coracle.store.Store;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The registry over a store: each verb is a flow of its own; this only leads to it. */
final class LocalRegistry implements Registry {

  private final RegistryConfig config;
  private final Resources resources;
  private final ReadFlow reading;
  private final WatchFlow watching;
  private final CreateFlow creating;
  private final UpdateFlow updating;
  private final DeleteFlow deleting;
  private final DeleteCollectionFlow deletingMany;
  private final Subresources subresources;

  LocalRegistry(Store store, RegistryConfig config) {
    this.config = config;
    ObjectStore objects = new ObjectStore(store);
    Strategies strategies =
        new Strategies(
            config,
            store,
            this::resourceMap,
            new AddressWriter(config, objects, () -> resourceMap().of(Strategies.IP_ADDRESSES)));
    resources = new Resources(store, strategies::of);
    reading = new ReadFlow(objects);
    watching = new WatchFlow(objects, config.clock(), config.random());
    creating = new CreateFlow(config, objects, new NameGenerator(config.random()));
    updating = new UpdateFlow(config, objects, creating);
    deleting = new DeleteFlow(config, objects);
    deletingMany = new DeleteCollectionFlow(deleting, reading);
    subresources = new Subresources(config, resources, objects, updating, deleting);
    new CustomResources(config, resources, updating, deletingMany).start();
  }

  Resources resourceMap() {
    return resources;
  }

  @Override
  public ServedResources served() {
    return new ServedTypes(resources, config.schemas());
  }

  @Override
  public @Nullable ResourceType find(String group, String version, String plural) {
    return resources.find(group, version, plural);
  }

  @Override
  public Collection<ResourceType> resources() {
    return resources.types();
  }

  @Override
  public long resourcesGeneration() {
    return resources.generation();
  }

  @Override
  public KubeObject get(ResourceType type, String namespace, String name, String resourceVersion) {
    Resource resource = resources.of(type);
    if (resource.cache() == null) {
      return subresources.getVirtual(resource, name);
    }
    return reading.get(resource, namespace, name, resourceVersion);
  }

  @Override
  public ObjectList list(ResourceType type, String namespace, ListOptions options) {
    Resource resource = resources.of(type);
    if (resource.cache() == null) {
      return subresources.listVirtual(resource);
    }
    return reading.list(resource, namespace, options);
  }

  @Override
  public Watch watch(ResourceType type, String namespace, ListOptions options, WatchSink sink) {
    return watching.watch(resources.of(type), namespace, options, sink);
  }

  @Override
  public Written create(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode body,
      WriteOptions options) {
    Resource resource = resources.of(type);
    if (!subresource.isEmpty()) {
      resource.require(subresource, "create");
      return subresources.create(context, resource, namespace, name, subresource, body, options);
    }
    if (resource.cache() == null) {
      return subresources.createVirtual(context, resource, namespace, body, options);
    }
    return new Written(creating.create(context, resource, namespace, body, options), true);
  }

  @Override
  public void plant(RequestContext context, List<Seed> seeds, WriteOptions options) {
    creating.plant(context, seeds, resources::of, options);
  }

  @Override
  public Written update(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode body,
      WriteOptions options) {
    Resource resource = resources.of(type);
    if (subresource.equals("scale")) {
      resource.require(subresource, "update");
      return subresources.updateScale(context, resource, namespace, name, body, options);
    }
    if (subresource.isEmpty()) {
      resource.require("update");
    } else {
      resource.require(subresource, "update");
    }
    ObjectNode object =
        config.schemas().decode(type, body, false, options.fieldValidation(), context.warnings());
    UpdateFlow.Change change =
        new UpdateFlow.Change() {
          @Override
          public ObjectNode from(KubeObject current) {
            return object.deepCopy();
          }

          @Override
          public @Nullable ObjectNode fromNothing() {
            return resource.strategy().createsOnUpdate() ? object.deepCopy() : null;
          }
        };
    return updating.update(context, resource, namespace, name, subresource, change, options);
  }

  @Override
  public Written patch(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      PatchType patchType,
      byte[] patch,
      WriteOptions options) {
    Resource resource = resources.of(type);
    if (subresource.isEmpty()) {
      resource.require("patch");
    } else {
      resource.require(subresource, "patch");
    }
    if (subresource.equals("scale")) {
      return subresources.patchScale(context, resource, namespace, name, patchType, patch, options);
    }
    return updating.update(
        context,
        resource,
        namespace,
        name,
        subresource,
        patchType == PatchType.APPLY
            ? new Applying(context, type, subresource, patch, options)
            : patching(context, type, subresource, patchType, patch, options),
        options);
  }

  private UpdateFlow.Change patching(
      RequestContext context,
      ResourceType type,
      String subresource,
      PatchType patchType,
      byte[] body,
      WriteOptions options) {
    LeaseRenewal renewal = LeaseRenewal.of(type, subresource, patchType, body);
    if (renewal == null) {
      return parsed(context, type, patchType, body, options);
    }
    return new UpdateFlow.Change() {
      @Override
      public byte @Nullable [] inBytes(Write write, KubeObject current) {
        return renewal.of(write, current);
      }

      @Override
      public ObjectNode from(KubeObject current) {
        return parsed(context, type, patchType, body, options).from(current);
      }
    };
  }

  private UpdateFlow.Change parsed(
      RequestContext context,
      ResourceType type,
      PatchType patchType,
      byte[] body,
      WriteOptions options) {
    UnaryOperator<ObjectNode> patch =
        config
            .schemas()
            .patch(type, patchType, body, options.fieldValidation(), context.warnings());
    return new UpdateFlow.Change() {
      @Override
      public ObjectNode from(KubeObject current) {
        ObjectNode patched = patch.apply(current.tree());
        Bodies.kind(patched, type.gvk());
        return patched;
      }

      @Override
      public boolean replaces() {
        return false;
      }
    };
  }

  private final class Applying implements UpdateFlow.Change {
    private final RequestContext context;
    private final ResourceType type;
    private final String subresource;
    private final byte[] applied;
    private final WriteOptions options;

    Applying(
        RequestContext context,
        ResourceType type,
        String subresource,
        byte[] applied,
        WriteOptions options) {
      if (options.fieldManager().isEmpty()) {
        throw StatusException.invalid(
            "meta.k8s.io",
            "PatchOptions",
            "",
            List.of(
                new dev.coracle.api.StatusCause(
                    "FieldValueRequired",
                    "Required value: is required for apply patch",
                    "fieldManager")));
      }
      Bodies.keysOnce(applied, options.fieldValidation(), context.warnings());
      this.context = context;
      this.type = type;
      this.subresource = subresource;
      this.applied = applied;
      this.options = options;
    }

    @Override
    public ObjectNode from(KubeObject current) {
      return merged(current);
    }

    @Override
    public ObjectNode fromNothing() {
      return merged(null);
    }

    @Override
    public boolean recordsFields() {
      return true;
    }

    @Override
    public boolean replaces() {
      return false;
    }

    private ObjectNode merged(@Nullable KubeObject current) {
      ObjectNode merged =
          config
              .schemas()
              .apply(
                  type,
                  subresource,
                  applied,
                  current,
                  options.fieldManager(),
                  options.force(),
                  config.clock().instant());
      Bodies.kind(merged, type.gvk());
      return config
          .schemas()
          .decode(type, merged, true, options.fieldValidation(), context.warnings());
    }
  }

  @Override
  public Deleted delete(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      DeleteOptions options) {
    return deleting.delete(context, resources.of(type), namespace, name, options);
  }

  @Override
  public ObjectList deleteCollection(
      RequestContext context,
      ResourceType type,
      String namespace,
      DeleteOptions options,
      ListOptions selection) {
    return deletingMany.deleteCollection(
        context, resources.of(type), namespace, options, selection);
  }

  @Override
  public void connect(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode options) {
    Write write =
        new Write(
            context,
            type,
            namespace,
            name,
            subresource,
            WriteOptions.NONE,
            config.clock().instant());
    AdmissionAttributes attributes =
        Admissions.of(write, resources.of(type), Operation.CONNECT, options, null, null);
    config.admission().mutate(attributes);
    config.admission().validate(attributes);
  }

  @Override
  public KubeObject getSubresource(
      ResourceType type, String namespace, String name, String subresource) {
    Resource resource = resources.of(type);
    resource.require(subresource, "get");
    return subresources.get(resource, namespace, name, subresource);
  }
}
