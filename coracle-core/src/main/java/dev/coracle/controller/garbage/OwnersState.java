package dev.coracle.controller.garbage;

import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import java.util.ArrayList;
import java.util.List;

/**
 * What an object's owners mean for it. Pure.
 *
 * @param solid owners that are there and stay
 * @param dangling owners that are gone
 * @param waiting owners that wait for their dependents to go first
 * @param unknowable whether some owner cannot be looked up at all
 */
record OwnersState(
    List<OwnerReference> solid,
    List<OwnerReference> dangling,
    List<OwnerReference> waiting,
    boolean unknowable) {

  static final String FOREGROUND = "foregroundDeletion";
  static final String ORPHAN = "orphan";
  static final String FOREGROUND_POLICY = "Foreground";

  /** How one owner is. */
  enum Owner {
    THERE,
    GONE,
    WAITING,
    /** A cluster-wide object names an owner of a namespaced kind: nobody can say which. */
    UNKNOWABLE
  }

  /** What to do with the object. */
  sealed interface Verdict {
    record Keep() implements Verdict {}

    /** Keep it, without the references to owners that are no reason to. */
    record Detach(List<String> uids) implements Verdict {}

    /**
     * @param policy Orphan, Foreground or Background
     */
    record Delete(String policy) implements Verdict {}
  }

  static OwnersState of(
      List<OwnerReference> references, java.util.function.Function<OwnerReference, Owner> look) {
    List<OwnerReference> solid = new ArrayList<>();
    List<OwnerReference> dangling = new ArrayList<>();
    List<OwnerReference> waiting = new ArrayList<>();
    boolean unknowable = false;
    for (OwnerReference reference : references) {
      switch (look.apply(reference)) {
        case THERE -> solid.add(reference);
        case GONE -> dangling.add(reference);
        case WAITING -> waiting.add(reference);
        case UNKNOWABLE -> unknowable = true;
      }
    }
    return new OwnersState(solid, dangling, waiting, unknowable);
  }

  Verdict verdict(KubeObject object, boolean hasDependents) {
    if (unknowable) {
      return new Verdict.Keep();
    }
    if (!solid.isEmpty()) {
      List<String> uids = new ArrayList<>();
      dangling.forEach(reference -> uids.add(reference.uid()));
      waiting.forEach(reference -> uids.add(reference.uid()));
      return uids.isEmpty() ? new Verdict.Keep() : new Verdict.Detach(uids);
    }
    if (dangling.isEmpty() && waiting.isEmpty()) {
      return new Verdict.Keep();
    }
    if (!waiting.isEmpty() && hasDependents) {
      return new Verdict.Delete(FOREGROUND_POLICY);
    }
    if (object.finalizers().contains(ORPHAN)) {
      return new Verdict.Delete("Orphan");
    }
    return new Verdict.Delete(
        object.finalizers().contains(FOREGROUND) ? FOREGROUND_POLICY : "Background");
  }

  static boolean isWaiting(KubeObject object) {
    return object.isDeleting() && object.finalizers().contains(FOREGROUND);
  }

  static boolean isOrphaning(KubeObject object) {
    return object.isDeleting() && object.finalizers().contains(ORPHAN);
  }
}
