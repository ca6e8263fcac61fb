package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/**
 * {@code metav1.DeleteOptions}.
 *
 * @param gracePeriodSeconds null for the object's own
 * @param propagationPolicy Orphan, Background, Foreground or null for the kind's default
 * @param preconditionUid null for any
 * @param preconditionResourceVersion null for any
 */
public record DeleteOptions(
    boolean dryRun,
    @Nullable Long gracePeriodSeconds,
    @Nullable String propagationPolicy,
    @Nullable String preconditionUid,
    @Nullable String preconditionResourceVersion) {

  public static final DeleteOptions DEFAULT = new DeleteOptions(false, null, null, null, null);

  public static DeleteOptions uid(String uid) {
    return new DeleteOptions(false, null, null, uid, null);
  }

  public static DeleteOptions background() {
    return new DeleteOptions(false, null, "Background", null, null);
  }

  public DeleteOptions withGracePeriodSeconds(long seconds) {
    return new DeleteOptions(
        dryRun, seconds, propagationPolicy, preconditionUid, preconditionResourceVersion);
  }
}
