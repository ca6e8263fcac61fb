package dev.coracle.controller.garbage;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Discovery;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import dev.coracle.controller.garbage.Graph.Item;
import dev.coracle.controller.garbage.OwnersState.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Watches every resource that can be deleted, and deletes the objects whose owners are all gone.
 * What the caches say only makes it look; it acts on what the API says.
 */
public final class GarbageCollector implements Controller {

  private static final Set<String> IGNORED = Set.of("events");

  private sealed interface Key {
    record Delete(Item item) implements Key {}

    record Orphan(Item owner) implements Key {}

    /** Resources came or went. */
    record Resync() implements Key {}
  }

  private record Monitor(SharedInformer informer, SharedInformer.Registration registration) {}

  private final ControllerContext context;
  private final Client client;
  private final Graph graph = new Graph();
  private final Map<GroupVersionResource, Monitor> monitors = new HashMap<>();

  /** Owners that were looked for in vain, where a reference says they are. */
  private final AbsentOwners absent = new AbsentOwners();

  private final Writes writes;

  private final Work<Key> work;
  private volatile @Nullable Discovery discovery;

  public GarbageCollector(ControllerContext context) {
    this.context = context;
    this.client = context.client();
    this.work = new Work<>(name(), context.clock(), 8, this::sync);
    this.writes = new Writes(client);
  }

  @Override
  public String name() {
    return "generic-garbage-collector";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(
        context.informers().of(Resources.CUSTOM_RESOURCE_DEFINITIONS),
        definition -> work.queue().add(new Key.Resync()));
    work.queue().add(new Key.Resync());
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
    synchronized (monitors) {
      monitors.values().forEach(monitor -> monitor.registration.remove());
      monitors.clear();
    }
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Delete(Item item) -> attemptToDelete(item);
      case Key.Orphan(Item owner) -> orphan(owner);
      case Key.Resync() -> resync();
    }
  }

  private Discovery resync() {
    Discovery read = Discovery.read(client.transport());
    Set<GroupVersionResource> wanted = new HashSet<>();
    for (Discovery.Resource resource : read.preferred()) {
      if (resource.can("list", "watch", "delete")
          && !IGNORED.contains(resource.resource().resource())) {
        wanted.add(resource.resource());
      }
    }
    discovery = read;
    synchronized (monitors) {
      for (GroupVersionResource gone : new ArrayList<>(monitors.keySet())) {
        if (!wanted.contains(gone) && !read.failed().contains(gone.apiVersion())) {
          Monitor monitor = monitors.remove(gone);
          if (monitor != null) {
            monitor.registration.remove();
          }
          context.informers().stop(gone);
        }
      }
      for (GroupVersionResource resource : wanted) {
        monitors.computeIfAbsent(
            resource,
            added -> {
              SharedInformer informer = context.informers().of(added);
              return new Monitor(informer, informer.addHandler(new Handler(added)));
            });
      }
    }
    return read;
  }

  private final class Handler implements SharedInformer.Handler {

    private final GroupVersionResource resource;

    Handler(GroupVersionResource resource) {
      this.resource = resource;
    }

    @Override
    public void added(KubeObject object) {
      Item item = Item.of(resource, object);
      graph.put(item, object.ownerReferences());
      if (object.ownerReferences().stream().anyMatch(owner -> mayBeGone(object, owner))) {
        work.queue().add(new Key.Delete(item));
      }
      lookAtDeletion(item, object);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.uid().equals(now.uid())) {
        deleted(before);
        added(now);
        return;
      }
      if (!before.ownerReferences().equals(now.ownerReferences())) {
        added(now);
        // an owner that waits for this one may go on
        before.ownerReferences().forEach(owner -> lookAtOwner(now, owner));
        return;
      }
      if (OwnersState.isWaiting(now) != OwnersState.isWaiting(before)
          || OwnersState.isOrphaning(now) != OwnersState.isOrphaning(before)) {
        lookAtDeletion(Item.of(resource, now), now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      graph.remove(last.uid());
      absent.add(last);
      for (Item dependent : graph.dependents(last.uid())) {
        work.queue().add(new Key.Delete(dependent));
      }
      last.ownerReferences().forEach(owner -> lookAtOwner(last, owner));
    }
  }

  private void lookAtDeletion(Item item, KubeObject object) {
    if (OwnersState.isOrphaning(object)) {
      work.queue().add(new Key.Orphan(item));
    }
    if (OwnersState.isWaiting(object)) {
      graph.dependents(item.uid()).forEach(item2 -> work.queue().add(new Key.Delete(item2)));
      work.queue().add(new Key.Delete(item));
    }
  }

  /** An owner that waits for its dependents looks again when one of them is gone. */
  private void lookAtOwner(KubeObject dependent, OwnerReference reference) {
    KubeObject owner = cached(dependent, reference);
    Discovery.Resource resource = resourceOf(reference);
    if (owner != null && resource != null && OwnersState.isWaiting(owner)) {
      work.queue().add(new Key.Delete(Item.of(resource.resource(), owner)));
    }
  }

  /** Whether an owner is not in the caches, or waits for its dependents. */
  private boolean mayBeGone(KubeObject dependent, OwnerReference reference) {
    KubeObject owner = cached(dependent, reference);
    return owner == null || OwnersState.isWaiting(owner);
  }

  private Discovery.@Nullable Resource resourceOf(OwnerReference reference) {
    Discovery known = discovery;
    return known == null
        ? null
        : known.find(GroupVersionKind.of(reference.apiVersion(), reference.kind()));
  }

  private @Nullable KubeObject cached(KubeObject dependent, OwnerReference reference) {
    Discovery.Resource resource = resourceOf(reference);
    if (resource == null) {
      return null;
    }
    Monitor monitor;
    synchronized (monitors) {
      monitor = monitors.get(resource.resource());
    }
    if (monitor == null) {
      return null;
    }
    String namespace = resource.namespaced() ? dependent.namespace() : "";
    KubeObject owner = monitor.informer.get(namespace, reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }

  private void attemptToDelete(Item item) {
    KubeObject object = client.find(item.resource(), item.namespace(), item.name());
    if (object == null || !object.uid().equals(item.uid())) {
      return;
    }
    if (OwnersState.isWaiting(object)) {
      finishForeground(item, object);
      return;
    }
    if (object.isDeleting()) {
      return;
    }
    OwnersState owners =
        OwnersState.of(object.ownerReferences(), reference -> look(object, reference));
    switch (owners.verdict(object, !graph.dependents(item.uid()).isEmpty())) {
      case Verdict.Keep keep -> {}
      case Verdict.Detach(List<String> uids) -> writes.detach(item, object, uids);
      case Verdict.Delete(String policy) -> {
        KubeObject doomed =
            policy.equals(OwnersState.FOREGROUND_POLICY) && hasWaitingDependent(item)
                ? writes.unblock(item, object)
                : object;
        if (doomed != null) {
          writes.delete(item, doomed, policy);
        }
      }
    }
  }

  private OwnersState.Owner look(KubeObject dependent, OwnerReference reference) {
    if (absent.contains(reference, "") || absent.contains(reference, dependent.namespace())) {
      return OwnersState.Owner.GONE;
    }
    Discovery.Resource resource = resourceOf(reference);
    if (resource == null) {
      resource = resync().find(GroupVersionKind.of(reference.apiVersion(), reference.kind()));
    }
    if (resource == null) {
      throw StatusException.internal(
          "no resource for " + reference.apiVersion() + " " + reference.kind());
    }
    if (resource.namespaced() && dependent.namespace().isEmpty()) {
      return OwnersState.Owner.UNKNOWABLE;
    }
    String namespace = resource.namespaced() ? dependent.namespace() : "";
    KubeObject owner = client.find(resource.resource(), namespace, reference.name());
    if (owner == null || !owner.uid().equals(reference.uid())) {
      absent.add(reference, namespace);
      if (resource.namespaced()) {
        tellOfOwnerElsewhere(dependent, reference, resource.resource());
      }
      return OwnersState.Owner.GONE;
    }
    return OwnersState.isWaiting(owner) ? OwnersState.Owner.WAITING : OwnersState.Owner.THERE;
  }

  /** An owner in another namespace is none; whoever wrote the reference should know why. */
  private void tellOfOwnerElsewhere(
      KubeObject dependent, OwnerReference reference, GroupVersionResource resource) {
    Monitor monitor;
    synchronized (monitors) {
      monitor = monitors.get(resource);
    }
    if (monitor == null
        || monitor.informer.list("").stream()
            .noneMatch(other -> other.uid().equals(reference.uid()))) {
      return;
    }
    context
        .events()
        .warning(
            dependent,
            "OwnerRefInvalidNamespace",
            "ownerRef [%s/%s, namespace: %s, name: %s, uid: %s] does not exist in namespace \"%s\""
                .formatted(
                    reference.apiVersion(),
                    reference.kind(),
                    dependent.namespace(),
                    reference.name(),
                    reference.uid(),
                    dependent.namespace()));
  }

  /** Lets an owner go that waited, or makes the dependents go that it waits for. */
  private void finishForeground(Item item, KubeObject object) {
    boolean blocked = false;
    for (Item dependent : graph.dependents(item.uid())) {
      KubeObject found = client.find(dependent.resource(), dependent.namespace(), dependent.name());
      if (found == null || !found.uid().equals(dependent.uid())) {
        continue;
      }
      for (OwnerReference reference : found.ownerReferences()) {
        if (reference.uid().equals(item.uid()) && reference.blockOwnerDeletion()) {
          blocked = true;
          if (!found.isDeleting()) {
            work.queue().add(new Key.Delete(dependent));
          }
        }
      }
    }
    if (!blocked) {
      writes.removeFinalizer(item, object, OwnersState.FOREGROUND);
    }
  }

  private void orphan(Item owner) {
    for (Item dependent : graph.dependents(owner.uid())) {
      KubeObject object =
          client.find(dependent.resource(), dependent.namespace(), dependent.name());
      if (object != null && object.uid().equals(dependent.uid())) {
        writes.detach(dependent, object, List.of(owner.uid()));
      }
    }
    KubeObject object = client.find(owner.resource(), owner.namespace(), owner.name());
    if (object != null && object.uid().equals(owner.uid()) && OwnersState.isOrphaning(object)) {
      writes.removeFinalizer(owner, object, OwnersState.ORPHAN);
    }
  }

  private boolean hasWaitingDependent(Item item) {
    for (Item dependent : graph.dependents(item.uid())) {
      KubeObject found = client.find(dependent.resource(), dependent.namespace(), dependent.name());
      if (found != null && found.uid().equals(dependent.uid()) && OwnersState.isWaiting(found)) {
        return true;
      }
    }
    return false;
  }
}
