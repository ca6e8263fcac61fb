package dev.coracle.controller;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who manages what: owner references with {@code controller: true}. An object belongs to the
 * controller its reference names; a controller adopts objects of nobody that its selector matches,
 * and releases those of its own that it no longer matches.
 */
public final class Owners {

  private Owners() {}

  /** The reference by which {@code owner} manages an object. */
  public static ObjectNode controllerRef(KubeObject owner) {
    return Json.object()
        .put("apiVersion", owner.apiVersion())
        .put("kind", owner.kind())
        .put("name", owner.name())
        .put("uid", owner.uid())
        .put("controller", true)
        .put("blockOwnerDeletion", true);
  }

  public static boolean isControlledBy(KubeObject object, KubeObject owner) {
    OwnerReference reference = object.controllerRef();
    return reference != null && reference.uid().equals(owner.uid());
  }

  /**
   * The objects that a controller manages, after adopting and releasing.
   *
   * @param ownerResource where the owner is read again, uncached, before the first adoption
   * @param candidates those that it manages, and those of its namespace that nobody manages
   */
  public static List<KubeObject> claim(
      Client client,
      GroupVersionResource ownerResource,
      KubeObject owner,
      LabelSelector selector,
      GroupVersionResource resource,
      Collection<KubeObject> candidates) {
    return claim(client, ownerResource, owner, selector, resource, candidates, "");
  }

  /**
   * As above; adopted objects get a finalizer as well, and lose it when they are released.
   *
   * @param finalizer empty for none
   */
  public static List<KubeObject> claim(
      Client client,
      GroupVersionResource ownerResource,
      KubeObject owner,
      LabelSelector selector,
      GroupVersionResource resource,
      Collection<KubeObject> candidates,
      String finalizer) {
    List<KubeObject> claimed = new ArrayList<>();
    boolean checked = false;
    for (KubeObject candidate : candidates) {
      OwnerReference reference = candidate.controllerRef();
      boolean matches = selector.matches(candidate.labels());
      if (reference != null) {
        if (!reference.uid().equals(owner.uid())) {
          continue;
        }
        if (matches) {
          claimed.add(candidate);
        } else if (!owner.isDeleting()) {
          release(client, owner, resource, candidate, finalizer);
        }
        continue;
      }
      if (owner.isDeleting() || !matches || candidate.isDeleting()) {
        continue;
      }
      if (!checked) {
        checkStillThere(client, ownerResource, owner);
        checked = true;
      }
      KubeObject adopted = adopt(client, owner, resource, candidate, finalizer);
      if (adopted != null) {
        claimed.add(adopted);
      }
    }
    return claimed;
  }

  private static void checkStillThere(
      Client client, GroupVersionResource resource, KubeObject owner) {
    KubeObject fresh = client.find(resource, owner.namespace(), owner.name());
    if (fresh == null || !fresh.uid().equals(owner.uid()) || fresh.isDeleting()) {
      throw StatusException.conflict(
          resource.group(), resource.resource(), owner.name(), "it is gone or being deleted");
    }
  }

  private static @Nullable KubeObject adopt(
      Client client,
      KubeObject owner,
      GroupVersionResource resource,
      KubeObject orphan,
      String finalizer) {
    ObjectNode patch = Json.object();
    ObjectNode metadata = patch.putObject("metadata").put("uid", orphan.uid());
    ArrayNode references = metadata.putArray("ownerReferences");
    references.add(controllerRef(owner));
    if (!finalizer.isEmpty()) {
      metadata.putArray("finalizers").add(finalizer);
    }
    return patched(client, resource, orphan, patch);
  }

  private static void release(
      Client client,
      KubeObject owner,
      GroupVersionResource resource,
      KubeObject object,
      String finalizer) {
    ObjectNode patch = Json.object();
    ObjectNode metadata = patch.putObject("metadata").put("uid", object.uid());
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("$patch", "delete")
        .put("uid", owner.uid());
    if (!finalizer.isEmpty()) {
      metadata.putArray("$deleteFromPrimitiveList/finalizers").add(finalizer);
    }
    KubeObject unused = patched(client, resource, object, patch);
  }

  /** Null when there is nothing to patch any more. */
  private static @Nullable KubeObject patched(
      Client client, GroupVersionResource resource, KubeObject object, ObjectNode patch) {
    try {
      return client.patch(
          resource,
          object.namespace(),
          object.name(),
          "",
          PatchType.STRATEGIC,
          patch,
          WriteOptions.NONE);
    } catch (StatusException e) {
      // gone, or replaced by another of the same name: either way it is not ours
      if (e.isNotFound() || e.reason().equals("Invalid")) {
        return null;
      }
      throw e;
    }
  }
}
