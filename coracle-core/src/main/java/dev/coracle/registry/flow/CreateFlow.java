package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Meta;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.Seed;
import dev.coracle.registry.cache.StoredJson;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;
import dev.coracle.registry.strategy.InitialStatus;
import dev.coracle.store.Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Creating an object, step by step. */
public final class CreateFlow {

  /** How often a generated name may collide before the client is told to try again. */
  private static final int GENERATIONS = 8;

  private final RegistryConfig config;
  private final ObjectStore objects;
  private final NameGenerator names;

  public CreateFlow(RegistryConfig config, ObjectStore objects, NameGenerator names) {
    this.config = config;
    this.objects = objects;
    this.names = names;
  }

  public KubeObject create(
      RequestContext context,
      Resource resource,
      String namespace,
      ObjectNode body,
      WriteOptions options) {
    resource.require("create");
    ResourceType type = resource.type();
    ObjectNode object =
        config.schemas().decode(type, body, false, options.fieldValidation(), context.warnings());
    if (!Meta.text(Meta.of(object), "resourceVersion").isEmpty()) {
      throw Options.unexplained("resourceVersion should not be set on objects to be created");
    }
    return createDecoded(context, resource, namespace, object, options, true);
  }

  /**
   * Creates what an apply or update did not find. The resource version that it names is of no
   * account: java-operator-sdk names one so that its apply creates, but never changes.
   *
   * @param record whether the fields that are set are yet to be recorded as the manager's (an apply
   *     has done so)
   */
  KubeObject createDecoded(
      RequestContext context,
      Resource resource,
      String namespace,
      ObjectNode object,
      WriteOptions options,
      boolean record) {
    ResourceType type = resource.type();
    Bodies.namespace(object, namespace);
    ObjectNode metadata = Meta.of(object);
    metadata.remove("resourceVersion");
    String name = Meta.text(metadata, "name");
    Write write = new Write(context, type, namespace, name, "", options, config.clock().instant());
    boolean generated = name.isEmpty() && !Meta.text(metadata, "generateName").isEmpty();
    OwnerReferences.dedup(object, context.warnings());
    complete(write, resource, object, record);
    AdmissionAttributes attributes =
        Admissions.of(
            write,
            resource,
            Operation.CREATE,
            object,
            null,
            Admissions.options("CreateOptions", options));
    config.admission().mutate(attributes);
    OwnerReferences.dedupAdmitted(object, context.warnings());
    prepare(write, resource, object, config.uids().get());
    for (int attempt = 1; ; attempt++) {
      if (generated) {
        metadata = Meta.of(object);
        metadata.put("name", names.generate(Meta.text(metadata, "generateName")));
      }
      try {
        return store(write, resource, object, attributes);
      } catch (ObjectStore.Exists e) {
        if (!generated) {
          throw resource.alreadyExists(name);
        }
        if (attempt == GENERATIONS) {
          throw noUniqueName(resource, Meta.text(Meta.of(object), "name"));
        }
      }
    }
  }

  /**
   * Creates what every new cluster has, as {@link Registry#plant} says.
   *
   * @param resources what the seeds are of
   */
  public void plant(
      RequestContext context,
      List<Seed> seeds,
      Function<GroupVersionResource, Resource> resources,
      WriteOptions options) {
    Instant now = config.clock().instant();
    SequencedMap<String, Store.Value> values = new LinkedHashMap<>();
    for (Seed seed : seeds) {
      Resource resource = resources.apply(seed.resource());
      Write write =
          new Write(context, resource.type(), seed.namespace(), seed.name(), "", options, now);
      String uid = config.uids().get();
      byte[] json =
          seed.json(
              uid,
              Timestamps.seconds(now),
              body -> planted(write, resource, seed.status(), body, uid));
      values.put(resource.key(seed.namespace(), seed.name()), StoredJson.value(json));
    }
    objects.store().createMissing(values);
  }

  private byte[] planted(
      Write write, Resource resource, Seed.@Nullable Status status, ObjectNode body, String uid) {
    List<String> warnings = write.context().warnings();
    ObjectNode object =
        config
            .schemas()
            .decode(resource.type(), body, false, write.options().fieldValidation(), warnings);
    Bodies.namespace(object, write.namespace());
    complete(write, resource, object, true);
    prepare(write, resource, object, uid);
    requireValid(write, resource, object);
    byte[] json = ObjectStore.json(resource, object);
    return status == null
        ? json
        : ObjectStore.json(
            resource,
            config
                .schemas()
                .apply(
                    resource.type(),
                    "status",
                    Json.write(status.at().apply(Timestamps.seconds(write.now()))),
                    KubeObject.of(json),
                    status.manager(),
                    true,
                    write.now()));
  }

  /** Defaults, and who sets what. */
  private void complete(Write write, Resource resource, ObjectNode object, boolean record) {
    config.schemas().applyDefaults(resource.type(), object);
    resource.strategy().complete(object);
    if (record) {
      config
          .schemas()
          .recordFields(resource.type(), "", object, null, write.manager(), write.now());
    }
    for (String field :
        new String[] {
          "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"
        }) {
      Meta.of(object).remove(field);
    }
  }

  private void prepare(Write write, Resource resource, ObjectNode object, String uid) {
    if (resource.hasStatus() && !resource.strategy().takesStatusOnCreate()) {
      object.remove("status");
      if (!resource.type().custom()) {
        object.set("status", InitialStatus.of(resource.type()));
      }
    }
    ObjectNode metadata = Meta.of(object);
    metadata.put("uid", uid);
    metadata.put("creationTimestamp", Timestamps.seconds(write.now()));
    metadata.remove("generation");
    if (resource.countsGeneration()) {
      metadata.put("generation", 1);
    }
    resource.strategy().prepareForCreate(write, object);
  }

  private KubeObject store(
      Write write, Resource resource, ObjectNode object, AdmissionAttributes attributes)
      throws ObjectStore.Exists {
    String name = Meta.text(Meta.of(object), "name");
    requireValid(write, resource, object);
    write.context().warnings().addAll(config.schemas().warnings(resource.type(), object));
    Meta.canonical(object);
    config
        .admission()
        .validate(attributes.name().isEmpty() ? attributes.withName(name) : attributes);
    Strategy.Allocation allocation = resource.strategy().allocate(write, object, null);
    boolean stored = false;
    try {
      if (write.dryRun()) {
        if (objects.find(resource, write.namespace(), name) != null) {
          throw new ObjectStore.Exists();
        }
        Meta.canonical(object);
        return KubeObject.of(object);
      }
      KubeObject created = objects.insert(resource, write.namespace(), name, object);
      stored = true;
      allocation.kept();
      resource.strategy().stored(created, null);
      return created;
    } finally {
      if (!stored) {
        allocation.release();
      }
    }
  }

  private void requireValid(Write write, Resource resource, ObjectNode object) {
    List<StatusCause> causes =
        new ArrayList<>(
            config
                .schemas()
                .validate(resource.type(), "", object, null, write.context().warnings()));
    causes.addAll(resource.strategy().validate(write, object, null));
    if (!causes.isEmpty()) {
      throw StatusException.invalid(
          resource.type().group(),
          resource.type().kind(),
          Meta.text(Meta.of(object), "name"),
          causes);
    }
  }

  private static StatusException noUniqueName(Resource resource, String name) {
    ResourceType type = resource.type();
    return new StatusException(
        new Status(
            409,
            "AlreadyExists",
            type.gvr().qualified()
                + " \""
                + name
                + "\" already exists, the server was not able to generate a unique name for the"
                + " object",
            new Status.Details(name, type.group(), type.plural(), "", List.of(), 1)));
  }
}
