package dev.coracle.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import org.jspecify.annotations.Nullable;

/** One plugin. A refusal is a {@link dev.coracle.api.StatusException}, usually a 403. */
public interface AdmissionPlugin {

  /** As {@code --enable-admission-plugins} of kube-apiserver spells it. */
  String name();

  /** May change {@code attributes.object()} in place. */
  default void admit(AdmissionAttributes attributes) {}

  /** As {@link #admit(AdmissionAttributes)}, for plugins to which the round matters. */
  default void admit(AdmissionAttributes attributes, Reinvocation reinvocation) {
    admit(attributes);
  }

  /** Sees the object as it would be stored; must not change it. */
  default void validate(AdmissionAttributes attributes) {}

  /** Whether a write is of one core resource itself, not of a subresource. */
  static boolean isCore(AdmissionAttributes attributes, String resource) {
    return attributes.resource().group().isEmpty()
        && attributes.resource().resource().equals(resource)
        && attributes.subresource().isEmpty();
  }

  /**
   * The new state in a write of one core resource itself; null in any other, of whose object no
   * tree is made for this question, and on delete.
   */
  static @Nullable ObjectNode coreObject(AdmissionAttributes attributes, String resource) {
    return isCore(attributes, resource) ? attributes.object() : null;
  }
}
