package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Meta;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Changing an object that exists: what PUT, the patches and the subresources have in common. */
public final class UpdateFlow {

  /** How often a write without a revision of its own is tried again when others come between. */
  private static final int ATTEMPTS = 100;

  /** What a request makes of an object. */
  public interface Change {
    /**
     * @return a tree of its own
     */
    ObjectNode from(KubeObject current);

    /**
     * What it makes of an object in the stored version, if it can be done in its bytes: as it will
     * be stored, but for the resourceVersion. Null when it can't, and for all but the simplest.
     */
    default byte @Nullable [] inBytes(Write write, KubeObject current) {
      return null;
    }

    /** The object that it makes where there is none; null when it makes none (404). */
    default @Nullable ObjectNode fromNothing() {
      return null;
    }

    /** What admission sees of an object that is being written, where that is not the object. */
    default @Nullable Shown shown() {
      return null;
    }

    /** Whether it is a whole object that was sent: then its uid is what the object must have. */
    default boolean replaces() {
      return true;
    }

    /** Whether it has recorded its fields in managedFields itself. */
    default boolean recordsFields() {
      return false;
    }
  }

  /** An object as the body of a subresource of its own kind. */
  public interface Shown {
    ObjectNode body(KubeObject object);

    /** Takes over into the object what was changed of its body. */
    void changed(ObjectNode object, ObjectNode body);
  }

  private final RegistryConfig config;
  private final ObjectStore objects;
  private final CreateFlow creating;

  public UpdateFlow(RegistryConfig config, ObjectStore objects, CreateFlow creating) {
    this.config = config;
    this.objects = objects;
    this.creating = creating;
  }

  public Registry.Written update(
      RequestContext context,
      Resource resource,
      String namespace,
      String name,
      String subresource,
      Change change,
      WriteOptions options) {
    KubeObject current = objects.find(resource, namespace, name);
    for (int attempt = 1; ; attempt++) {
      if (current == null) {
        ObjectNode created = subresource.isEmpty() ? change.fromNothing() : null;
        if (created == null) {
          throw resource.notFound(name);
        }
        Bodies.name(created, name);
        String uid = Meta.text(Meta.of(created), "uid");
        if (!change.replaces() && !uid.isEmpty()) {
          throw resource.conflict(
              name,
              "uid mismatch: the provided object specified uid "
                  + uid
                  + ", and no existing object was found");
        }
        return new Registry.Written(
            creating.createDecoded(
                context, resource, namespace, created, options, !change.recordsFields()),
            true);
      }
      Write write =
          new Write(
              context,
              resource.type(),
              namespace,
              name,
              subresource,
              options,
              config.clock().instant());
      try {
        return new Registry.Written(once(write, resource, current, change), false);
      } catch (ObjectStore.Stale e) {
        if (attempt == ATTEMPTS) {
          throw resource.modified(name);
        }
        current = e.current();
      }
    }
  }

  private KubeObject once(Write write, Resource resource, KubeObject current, Change change)
      throws ObjectStore.Stale {
    byte[] bytes =
        write.dryRun() || resource.conversion() != null ? null : change.inBytes(write, current);
    return bytes == null
        ? inTrees(write, resource, current, change)
        : inBytes(write, resource, current, bytes);
  }

  /** All that is left to ask of it is admission; a plugin that looks at it makes it a tree. */
  private KubeObject inBytes(Write write, Resource resource, KubeObject current, byte[] now)
      throws ObjectStore.Stale {
    AdmissionAttributes.Body body = AdmissionAttributes.Body.later(() -> Json.readObject(now));
    AdmissionAttributes attributes = attributes(write, resource, body, current);
    config.admission().mutate(attributes);
    ObjectNode seen = body.isAsked() ? attributes.object() : null;
    if (seen != null) {
      return finish(write, resource, seen, current, attributes);
    }
    config.admission().validate(attributes);
    KubeObject stored =
        objects.replace(resource, write.namespace(), write.name(), now, current.resourceVersion());
    resource.strategy().stored(stored, current);
    return stored;
  }

  private KubeObject inTrees(Write write, Resource resource, KubeObject current, Change change)
      throws ObjectStore.Stale {
    ResourceType type = resource.type();
    ObjectNode object = change.from(current);
    Bodies.name(object, write.name());
    Bodies.namespace(object, write.namespace());
    if (change.replaces()) {
      requireUid(resource, Meta.text(Meta.of(object), "uid"), current);
      OwnerReferences.dedup(object, write.context().warnings());
    }
    requireVersion(resource, object, current);
    ObjectNode old = current.tree();
    keepSystemMetadata(object, old);
    config.schemas().applyDefaults(type, object);
    if (!change.recordsFields()) {
      config
          .schemas()
          .recordFields(type, write.subresource(), object, current, write.manager(), write.now());
    }
    Shown shown = change.shown();
    AdmissionAttributes attributes =
        attributes(
            write,
            resource,
            AdmissionAttributes.Body.of(shown == null ? object : shown.body(KubeObject.of(object))),
            shown == null ? current : KubeObject.of(shown.body(current)));
    config.admission().mutate(attributes);
    OwnerReferences.dedupAdmitted(object, write.context().warnings());
    if (shown != null && attributes.object() != null) {
      shown.changed(object, attributes.object());
    }
    return finish(write, resource, object, current, attributes);
  }

  /** What is done when it has been through mutating admission. */
  private KubeObject finish(
      Write write,
      Resource resource,
      ObjectNode object,
      KubeObject current,
      AdmissionAttributes attributes)
      throws ObjectStore.Stale {
    ResourceType type = resource.type();
    ObjectNode old = current.tree();
    separateStatus(write, resource, object, old);
    resource.strategy().prepareForUpdate(write, object, current);
    countGeneration(resource, object, old);
    Meta.canonical(object);
    validate(write, resource, object, current);
    if (write.subresource().isEmpty()
        && Meta.of(object).path("generation").asLong() > current.generation()) {
      write.context().warnings().addAll(config.schemas().warnings(type, object));
    }
    config.admission().validate(attributes);
    Meta.of(object).put("resourceVersion", String.valueOf(current.resourceVersion()));
    if (object.equals(old) && !objects.isOutdated(resource, current)) {
      return current;
    }
    if (finished(resource, object, current)) {
      return remove(write, resource, object, current);
    }
    return store(write, resource, object, current);
  }

  private static AdmissionAttributes attributes(
      Write write, Resource resource, AdmissionAttributes.Body body, KubeObject old) {
    return Admissions.ofBody(
        write,
        resource,
        Operation.UPDATE,
        body,
        old,
        Admissions.options("UpdateOptions", write.options()));
  }

  private KubeObject store(Write write, Resource resource, ObjectNode object, KubeObject current)
      throws ObjectStore.Stale {
    Strategy.Allocation allocation = resource.strategy().allocate(write, object, current);
    boolean stored = false;
    try {
      if (write.dryRun()) {
        Meta.canonical(object);
        return KubeObject.of(object);
      }
      KubeObject now =
          objects.replace(
              resource, write.namespace(), write.name(), object, current.resourceVersion());
      stored = true;
      allocation.kept();
      resource.strategy().stored(now, current);
      return now;
    } finally {
      if (!stored) {
        allocation.release();
      }
    }
  }

  /** The last finalizer is gone from an object that is being deleted. */
  private KubeObject remove(Write write, Resource resource, ObjectNode object, KubeObject current)
      throws ObjectStore.Stale {
    Meta.canonical(object);
    KubeObject last = KubeObject.of(object);
    if (write.dryRun()) {
      return last;
    }
    KubeObject removed = objects.remove(resource, last, current.resourceVersion());
    resource.strategy().removed(removed);
    return last;
  }

  private static boolean finished(Resource resource, ObjectNode object, KubeObject current) {
    if (!current.isDeleting() || !Meta.of(object).path("finalizers").isEmpty()) {
      return false;
    }
    JsonNode grace = current.at("metadata", "deletionGracePeriodSeconds");
    return (grace.isMissingNode() || grace.asLong() == 0)
        && !resource.strategy().keptBySpec(object);
  }

  private static void requireUid(Resource resource, String uid, KubeObject current) {
    if (!uid.isEmpty() && !uid.equals(current.uid())) {
      throw resource.conflict(
          current.name(),
          "StorageError: invalid object, Code: 4, Key: "
              + storageKey(resource, current)
              + ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in"
              + " precondition: "
              + uid
              + ", UID in object meta: "
              + current.uid());
    }
  }

  private static void requireVersion(Resource resource, ObjectNode object, KubeObject current) {
    long asked = Options.objectRevision(Meta.text(Meta.of(object), "resourceVersion"));
    if (asked != 0 && asked != current.resourceVersion()) {
      throw resource.modified(current.name());
    }
    if (asked == 0 && !resource.strategy().updatesUnconditionally()) {
      throw StatusException.invalid(
          resource.type().group(),
          resource.type().plural(),
          current.name(),
          List.of(
              new StatusCause(
                  "FieldValueInvalid",
                  "Invalid value: 0: must be specified for an update",
                  "metadata.resourceVersion")));
    }
  }

  /** The key as kube-apiserver spells it in errors: without {@code core}. */
  private static String storageKey(Resource resource, KubeObject object) {
    String key = resource.key(object.namespace(), object.name());
    return key.startsWith("/registry/core/") ? "/registry/" + key.substring(15) : key;
  }

  private static void keepSystemMetadata(ObjectNode object, ObjectNode old) {
    ObjectNode metadata = Meta.of(object);
    JsonNode was = old.path("metadata");
    metadata.remove("selfLink");
    if (Meta.text(metadata, "uid").isEmpty()) {
      Meta.restore(metadata, was, "uid");
    }
    Meta.restore(metadata, was, "generation");
    for (String field :
        new String[] {"creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"}) {
      if (metadata.path(field).isMissingNode() || metadata.path(field).isNull()) {
        Meta.restore(metadata, was, field);
      }
    }
    if (Meta.text(metadata, "generateName").isEmpty()) {
      Meta.restore(metadata, was, "generateName");
    }
  }

  /** A write to status changes nothing but status; a write to the object leaves status alone. */
  private static void separateStatus(
      Write write, Resource resource, ObjectNode object, ObjectNode old) {
    if (!resource.hasStatus()) {
      return;
    }
    if (!write.toStatus()) {
      if (write.subresource().isEmpty()) {
        Meta.restore(object, old, "status");
      }
      return;
    }
    List<String> fields = new ArrayList<>();
    object.fieldNames().forEachRemaining(fields::add);
    old.fieldNames().forEachRemaining(fields::add);
    for (String field : fields) {
      if (!field.equals("status") && !field.equals("metadata")) {
        Meta.restore(object, old, field);
      }
    }
    if (resource.type().custom()) {
      JsonNode managed = Meta.of(object).get("managedFields");
      ObjectNode metadata = old.path("metadata").deepCopy();
      if (managed != null) {
        metadata.set("managedFields", managed);
      }
      metadata.set(
          "resourceVersion",
          com.fasterxml.jackson.databind.node.TextNode.valueOf(
              old.path("metadata").path("resourceVersion").asText("")));
      object.set("metadata", metadata);
    }
  }

  private static void countGeneration(Resource resource, ObjectNode object, ObjectNode old) {
    if (resource.countsGeneration() && wantedDiffers(object, old, resource.hasStatus())) {
      Meta.of(object).put("generation", old.path("metadata").path("generation").asLong() + 1);
    }
  }

  /** Whether anything differs but metadata and status. */
  private static boolean wantedDiffers(ObjectNode object, ObjectNode old, boolean statusApart) {
    int compared = 0;
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      if (isWanted(entry.getKey(), statusApart)) {
        compared++;
        if (!entry.getValue().equals(old.get(entry.getKey()))) {
          return true;
        }
      }
    }
    int there = 0;
    for (Map.Entry<String, JsonNode> entry : old.properties()) {
      if (isWanted(entry.getKey(), statusApart)) {
        there++;
      }
    }
    return compared != there;
  }

  private static boolean isWanted(String field, boolean statusApart) {
    return !field.equals("metadata")
        && !(statusApart && field.equals("status"))
        && !field.equals("kind")
        && !field.equals("apiVersion");
  }

  private void validate(Write write, Resource resource, ObjectNode object, KubeObject current) {
    ResourceType type = resource.type();
    List<StatusCause> causes =
        new ArrayList<>(
            config
                .schemas()
                .validate(type, write.subresource(), object, current, write.context().warnings()));
    causes.addAll(resource.strategy().validate(write, object, current));
    if (!causes.isEmpty()) {
      throw StatusException.invalid(type.group(), type.kind(), write.name(), causes);
    }
  }
}
