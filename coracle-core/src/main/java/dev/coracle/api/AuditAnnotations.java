package dev.coracle.api;

import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Annotations of the audit event of the request that is being served: authorizers, admission
 * plugins and whoever else works on a request's own thread add theirs here (the Kubernetes page
 * "Audit Annotations" has the known keys). Adding costs nothing when the request is not audited.
 * Work that was handed to other threads adds its annotations after it has come back.
 */
public final class AuditAnnotations {

  private static final ScopedValue<BiConsumer<String, String>> CURRENT = ScopedValue.newInstance();

  private AuditAnnotations() {}

  /**
   * Adds one annotation; the first value of a key stays.
   *
   * @param key such as {@code authorization.k8s.io/decision}
   */
  public static void add(String key, String value) {
    if (CURRENT.isBound()) {
      CURRENT.get().accept(key, value);
    }
  }

  /** Does work whose annotations go to this event. */
  public static <T> T collect(BiConsumer<String, String> event, Supplier<T> work) {
    return ScopedValue.where(CURRENT, event).call(work::get);
  }
}
