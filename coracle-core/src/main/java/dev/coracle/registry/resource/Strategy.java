package dev.coracle.registry.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a kind behaves differently from others. The flows call these in the order of a write:
 * prepare, validate, (admission,) allocate, store. Trees are changed in place.
 */
public interface Strategy {

  /** A kind like any other. */
  Strategy PLAIN = new Strategy() {};

  /** Adds what every object of the kind has, on top of the defaults; its writer owns it. */
  default void complete(ObjectNode object) {}

  /** Whether a new object keeps the status that it was sent with. */
  default boolean takesStatusOnCreate() {
    return false;
  }

  /** Sets what only the server may set on a new object, whose status is empty. */
  default void prepareForCreate(Write write, ObjectNode object) {}

  /**
   * Takes back what this write may not change. Already done: system metadata, and spec against
   * status for kinds with a status subresource.
   */
  default void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {}

  /** What is wrong beyond the schema's validation. */
  default List<StatusCause> validate(Write write, ObjectNode object, @Nullable KubeObject old) {
    return List.of();
  }

  /** Something taken for an object before it is stored. */
  interface Allocation {
    Allocation NONE = () -> {};

    /** The object was not stored: gives it back. */
    void release();

    /** The object was stored: returns when what goes with it is, too. */
    default void kept() {}
  }

  /**
   * Takes what must be unique in the cluster and writes it into the object. On a dry run it only
   * writes values that would be free.
   */
  default Allocation allocate(Write write, ObjectNode object, @Nullable KubeObject old) {
    return Allocation.NONE;
  }

  /** The object was stored. */
  default void stored(KubeObject now, @Nullable KubeObject before) {}

  /** The object is gone: gives back what it held. */
  default void removed(KubeObject last) {}

  /** Whether a PUT to a name that does not exist makes the object. */
  default boolean createsOnUpdate() {
    return false;
  }

  /** Whether a PUT needs no resourceVersion. */
  default boolean updatesUnconditionally() {
    return true;
  }

  /**
   * The seconds that deletion leaves the object; null for kinds that do not know grace.
   *
   * @param options as asked for
   */
  default @Nullable Long graceSeconds(KubeObject object, DeleteOptions options) {
    return null;
  }

  /** Whether dependents are orphaned when a deletion does not say. */
  default boolean orphansByDefault() {
    return false;
  }

  /** A finalizer list of the kind's own, besides metadata.finalizers, that keeps the object. */
  default boolean keptBySpec(ObjectNode object) {
    return false;
  }

  /**
   * Finalizers that a deletion puts on the object, because the server has to clean up behind it.
   */
  default List<String> deletionFinalizers() {
    return List.of();
  }

  /** The deletion starts and the object stays for now. */
  default void prepareForDeletion(Write write, ObjectNode object) {}
}
