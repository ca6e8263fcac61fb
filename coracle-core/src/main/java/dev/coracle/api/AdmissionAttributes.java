package dev.coracle.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What admission is told of a write, after authorization and defaulting and before it is stored.
 *
 * @param operation what is done
 * @param kind the kind of the object
 * @param resource the resource of the request
 * @param subresource empty when there is none
 * @param namespace empty for cluster-scoped objects
 * @param name may be empty on a create with generateName
 * @param body the new state
 * @param oldObject the stored state; null on create; nobody may change it
 * @param options the create, update, patch or delete options; null when there are none
 * @param user who asks
 * @param dryRun whether nothing will be stored
 * @param warnings messages for the {@code Warning} header: plugins add to it
 * @param auditAnnotations what the audit event of the request is annotated with: plugins add to it
 */
public record AdmissionAttributes(
    Operation operation,
    GroupVersionKind kind,
    GroupVersionResource resource,
    String subresource,
    String namespace,
    String name,
    Body body,
    @Nullable KubeObject oldObject,
    @Nullable ObjectNode options,
    UserInfo user,
    boolean dryRun,
    List<String> warnings,
    Map<String, String> auditAnnotations) {

  /** The new state, which may become a tree only when somebody wants to see it. */
  public static final class Body {
    private final Supplier<ObjectNode> later;
    private @Nullable ObjectNode object;
    private boolean asked;

    private Body(@Nullable ObjectNode object, Supplier<ObjectNode> later, boolean asked) {
      this.object = object;
      this.later = later;
      this.asked = asked;
    }

    /**
     * @param object null on delete
     */
    public static Body of(@Nullable ObjectNode object) {
      return new Body(
          object,
          () -> {
            throw new IllegalStateException("there is no new state");
          },
          true);
    }

    /**
     * @param object makes the tree, at most once
     */
    public static Body later(Supplier<ObjectNode> object) {
      return new Body(null, object, false);
    }

    /** Whether anybody may have seen, and changed, the tree. */
    public boolean isAsked() {
      return asked;
    }

    private @Nullable ObjectNode get() {
      if (!asked) {
        asked = true;
        object = later.get();
      }
      return object;
    }
  }

  /** The new state; a mutating plugin changes this tree in place; null on delete. */
  public @Nullable ObjectNode object() {
    return body.get();
  }

  /** The same write, of which the name is known by now. */
  public AdmissionAttributes withName(String known) {
    return of(kind, resource, known, body, oldObject);
  }

  /** The same write as another kind, with its objects in that kind. */
  public AdmissionAttributes as(
      GroupVersionKind other, @Nullable ObjectNode now, @Nullable KubeObject before) {
    return of(other, resource, name, Body.of(now), before);
  }

  /** The same write, as if it had been sent to another version of the resource. */
  public AdmissionAttributes at(GroupVersionResource other) {
    return of(kind, other, name, body, oldObject);
  }

  private AdmissionAttributes of(
      GroupVersionKind otherKind,
      GroupVersionResource otherResource,
      String otherName,
      Body now,
      @Nullable KubeObject before) {
    return new AdmissionAttributes(
        operation,
        otherKind,
        otherResource,
        subresource,
        namespace,
        otherName,
        now,
        before,
        options,
        user,
        dryRun,
        warnings,
        auditAnnotations);
  }

  /** Labels of the new state; empty on a deletion. */
  public Map<String, String> labels() {
    Map<String, String> labels = new HashMap<>();
    ObjectNode now = object();
    if (now != null) {
      now.path("metadata")
          .path("labels")
          .properties()
          .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asText()));
    }
    return labels;
  }
}
