package dev.coracle.node.pod;

import dev.coracle.api.KubeObject;
import dev.coracle.node.volumes.PodVolumes;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether a Pod has to go because it takes more room than it may: its emptyDirs, logs and writable
 * layers. Only Pods that have limits of this kind are looked at, once in a while.
 */
final class StorageEviction {

  private static final Duration CHECKS = Duration.ofSeconds(10);
  private static final Duration SECOND_CHECK = Duration.ofSeconds(2);

  private final PodContext context;
  private final PodContainers containers;
  private final PodVolumes volumes;
  private Instant next = Instant.MIN;

  StorageEviction(PodContext context, PodContainers containers, PodVolumes volumes) {
    this.context = context;
    this.containers = containers;
    this.volumes = volumes;
  }

  /** Why the Pod has to go; null when it may stay, or is not looked at now. */
  @Nullable String due(KubeObject now) {
    if (!context.runtime.usesVolumes() || !StorageLimits.any(now.tree())) {
      return null;
    }
    Instant time = context.clock.instant();
    if (time.isBefore(next)) {
      context.updates.retryAt(next);
      return null;
    }
    boolean first = next.equals(Instant.MIN);
    next = time.plus(first ? SECOND_CHECK : CHECKS);
    context.updates.retryAt(next);
    return StorageLimits.exceeded(
        now.tree(),
        volume -> StorageLimits.used(volumes.path(volume)),
        container -> storageOf(container, now));
  }

  /** The bytes of a container's logs and of what it wrote to its own root. */
  private long storageOf(String container, KubeObject now) {
    long bytes = StorageLimits.used(context.configs.logDirectory(now).resolve(container));
    for (ContainerRecord record : containers.main) {
      String id = record.id;
      if (id != null && record.name.equals(container)) {
        bytes += StorageLimits.used(context.runtime.writableLayer(id));
      }
    }
    return bytes;
  }
}
