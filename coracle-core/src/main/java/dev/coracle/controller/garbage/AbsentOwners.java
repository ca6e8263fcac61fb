package dev.coracle.controller.garbage;

import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Owners that were looked for in vain, where a reference says they are; the latest. Thread-safe.
 */
final class AbsentOwners {

  private static final int REMEMBERED = 1000;

  /**
   * An owner as a reference of an object in a namespace names it. The uid alone will not do: that
   * an owner is not in one namespace says nothing of the one in which it is.
   */
  private record Absent(String apiVersion, String kind, String namespace, String name, String uid) {

    static Absent of(OwnerReference reference, String namespace) {
      return new Absent(
          reference.apiVersion(), reference.kind(), namespace, reference.name(), reference.uid());
    }

    static Absent of(KubeObject object) {
      return new Absent(
          object.apiVersion(), object.kind(), object.namespace(), object.name(), object.uid());
    }
  }

  private final Set<Absent> absent =
      Collections.newSetFromMap(
          Collections.synchronizedMap(
              new LinkedHashMap<Absent, Boolean>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Absent, Boolean> eldest) {
                  return size() > REMEMBERED;
                }
              }));

  /** An object is gone. */
  void add(KubeObject gone) {
    absent.add(Absent.of(gone));
  }

  /**
   * @param namespace in which the owner was looked for; empty for a cluster-wide one
   */
  void add(OwnerReference owner, String namespace) {
    absent.add(Absent.of(owner, namespace));
  }

  boolean contains(OwnerReference owner, String namespace) {
    return absent.contains(Absent.of(owner, namespace));
  }
}
