package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Meta;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Write;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Deletion. An object without finalizers and without grace goes at once. Otherwise it is marked
 * ({@code deletionTimestamp}) and goes when its last finalizer is removed, or, with grace, when
 * whoever runs it deletes it for good with a grace period of zero.
 */
public final class DeleteFlow {

  private static final String ORPHAN = "orphan";
  private static final String FOREGROUND = "foregroundDeletion";
  private static final int ATTEMPTS = 100;

  private final RegistryConfig config;
  private final ObjectStore objects;

  public DeleteFlow(RegistryConfig config, ObjectStore objects) {
    this.config = config;
    this.objects = objects;
  }

  public Registry.Deleted delete(
      RequestContext context,
      Resource resource,
      String namespace,
      String name,
      DeleteOptions options) {
    resource.require("delete");
    check(options);
    return delete(context, resource, namespace, name, name, options);
  }

  /**
   * As above, once the verb and the options are checked.
   *
   * @param asked the name in the request: none where it deletes a collection
   */
  Registry.Deleted delete(
      RequestContext context,
      Resource resource,
      String namespace,
      String name,
      String asked,
      DeleteOptions options) {
    KubeObject current = objects.get(resource, namespace, name);
    Write write =
        new Write(
            context,
            resource.type(),
            namespace,
            name,
            "",
            new WriteOptions(options.dryRun(), "", "", false),
            config.clock().instant());
    Write admitted = write.named(asked);
    for (int attempt = 1; ; attempt++) {
      checkPreconditions(resource, current, options);
      AdmissionAttributes attributes =
          Admissions.of(
              admitted, resource, Operation.DELETE, null, current, Admissions.options(options));
      config.admission().mutate(attributes);
      config.admission().validate(attributes);
      try {
        return once(write, resource, current, options);
      } catch (ObjectStore.Stale e) {
        KubeObject newer = e.current();
        if (newer == null) {
          throw resource.notFound(name);
        }
        if (attempt == ATTEMPTS) {
          throw resource.modified(name);
        }
        current = newer;
      }
    }
  }

  /** What becomes of the object by this deletion. */
  private sealed interface Step {
    /** It goes at once, in this last state. */
    record Remove(KubeObject last) implements Step {}

    /** It is marked and stays; {@code thenRemove}: only for a moment. */
    record Mark(ObjectNode object, boolean thenRemove) implements Step {}

    /** Its deletion is under way as it is. */
    record Keep() implements Step {}
  }

  private Registry.Deleted once(
      Write write, Resource resource, KubeObject current, DeleteOptions options)
      throws ObjectStore.Stale {
    return switch (decide(write, resource, current, options)) {
      case Step.Keep _ -> new Registry.Deleted(current, false, true);
      case Step.Remove remove -> remove(write, resource, remove.last(), current.resourceVersion());
      case Step.Mark mark -> {
        KubeObject marked = mark(write, resource, mark.object(), current);
        yield mark.thenRemove()
            ? removeMarked(write, resource, marked)
            : new Registry.Deleted(marked, false, true);
      }
    };
  }

  private Step decide(Write write, Resource resource, KubeObject current, DeleteOptions options) {
    ObjectNode object = current.mutableTree();
    ObjectNode metadata = Meta.of(object);
    List<String> finalizers = finalizers(resource, current, options);
    Long grace = resource.strategy().graceSeconds(current, options);
    boolean graceful = false;
    if (current.isDeleting()) {
      long left = metadata.path("deletionGracePeriodSeconds").asLong(0);
      if (left > 0) {
        Long asked = options.gracePeriodSeconds();
        long wanted = asked == null ? left : asked < 0 ? 1 : asked;
        if (wanted >= left) {
          return new Step.Keep();
        }
        shorten(metadata, left, wanted);
        graceful = true;
        grace = wanted;
      }
    } else if (grace != null) {
      setDeletion(metadata, write.now().plusSeconds(grace), grace);
      graceful = true;
    }
    boolean kept = !finalizers.isEmpty() || resource.strategy().keptBySpec(object);
    if (!graceful && !kept) {
      return new Step.Remove(current);
    }
    if (!graceful && !current.isDeleting()) {
      setDeletion(metadata, write.now(), 0);
    }
    boolean sameFinalizers = finalizers.equals(current.finalizers());
    Meta.setStrings(metadata, "finalizers", finalizers);
    resource.strategy().prepareForDeletion(write, object);
    Meta.canonical(object);
    if (current.isDeleting() && !graceful && sameFinalizers) {
      return new Step.Keep();
    }
    boolean now = !kept && Objects.requireNonNullElse(grace, 0L) == 0;
    return new Step.Mark(object, now);
  }

  private static void setDeletion(ObjectNode metadata, Instant at, long grace) {
    metadata.put("deletionTimestamp", Timestamps.seconds(at));
    metadata.put("deletionGracePeriodSeconds", grace);
    long generation = metadata.path("generation").asLong(0);
    if (generation > 0) {
      metadata.put("generation", generation + 1);
    }
  }

  private static void shorten(ObjectNode metadata, long left, long grace) {
    Instant at = Timestamps.parse(Meta.text(metadata, "deletionTimestamp"));
    if (at != null) {
      metadata.put("deletionTimestamp", Timestamps.seconds(at.minusSeconds(left - grace)));
    }
    metadata.put("deletionGracePeriodSeconds", grace);
  }

  /** The finalizers that the object has while its dependents are seen to. */
  private static List<String> finalizers(
      Resource resource, KubeObject current, DeleteOptions options) {
    boolean orphan = current.finalizers().contains(ORPHAN);
    boolean foreground = current.finalizers().contains(FOREGROUND);
    String policy = options.propagationPolicy();
    if (policy != null) {
      orphan = policy.equals("Orphan");
      foreground = policy.equals("Foreground");
    } else if (!orphan && !foreground) {
      orphan = resource.strategy().orphansByDefault();
    }
    List<String> finalizers = new ArrayList<>(current.finalizers());
    finalizers.remove(ORPHAN);
    finalizers.remove(FOREGROUND);
    if (orphan) {
      finalizers.add(ORPHAN);
    }
    if (foreground) {
      finalizers.add(FOREGROUND);
    }
    if (!current.isDeleting()) {
      for (String finalizer : resource.strategy().deletionFinalizers()) {
        if (!finalizers.contains(finalizer)) {
          finalizers.add(finalizer);
        }
      }
    }
    return finalizers;
  }

  private KubeObject mark(Write write, Resource resource, ObjectNode object, KubeObject current)
      throws ObjectStore.Stale {
    if (write.dryRun()) {
      return KubeObject.of(object);
    }
    KubeObject marked =
        objects.replace(
            resource, current.namespace(), current.name(), object, current.resourceVersion());
    resource.strategy().stored(marked, current);
    return marked;
  }

  private Registry.Deleted remove(
      Write write, Resource resource, KubeObject last, long expectedRevision)
      throws ObjectStore.Stale {
    if (!write.dryRun()) {
      KubeObject removed = objects.remove(resource, last, expectedRevision);
      resource.strategy().removed(removed);
    }
    return new Registry.Deleted(last, true, resource.answersDeleted());
  }

  /** Somebody who saw the mark may have removed it already: that is as good. */
  private Registry.Deleted removeMarked(Write write, Resource resource, KubeObject marked)
      throws ObjectStore.Stale {
    try {
      return remove(write, resource, marked, marked.resourceVersion());
    } catch (ObjectStore.Stale e) {
      if (e.current() == null) {
        return new Registry.Deleted(marked, true, resource.answersDeleted());
      }
      throw e;
    }
  }

  private static void checkPreconditions(
      Resource resource, KubeObject current, DeleteOptions options) {
    String kind = resource.type().kind();
    String uid = options.preconditionUid();
    if (uid != null && !uid.equals(current.uid())) {
      throw StatusException.conflict(
          resource.type().group(),
          kind,
          current.name(),
          "the UID in the precondition ("
              + uid
              + ") does not match the UID in record ("
              + current.uid()
              + "). The object might have been deleted and then recreated");
    }
    String version = options.preconditionResourceVersion();
    String has = String.valueOf(current.resourceVersion());
    if (version != null && !version.equals(has)) {
      throw StatusException.conflict(
          resource.type().group(),
          kind,
          current.name(),
          "the ResourceVersion in the precondition ("
              + version
              + ") does not match the ResourceVersion in record ("
              + has
              + "). The object might have been modified");
    }
  }

  /** Refuses options that nobody could mean. */
  static void check(DeleteOptions options) {
    @Nullable String policy = options.propagationPolicy();
    if (policy != null
        && !policy.equals("Foreground")
        && !policy.equals("Background")
        && !policy.equals("Orphan")) {
      throw StatusException.invalid(
          "meta.k8s.io",
          "DeleteOptions",
          "",
          List.of(
              new StatusCause(
                  "FieldValueNotSupported",
                  "Unsupported value: \""
                      + policy
                      + "\": supported values: \"Foreground\", \"Background\", \"Orphan\","
                      + " \"nil\"",
                  "propagationPolicy")));
    }
  }
}
