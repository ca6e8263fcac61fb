package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Events go by themselves, a while after they were last written. */
final class EventStrategy implements Strategy {

  private final Clock clock;
  private final Duration lifetime;
  private final Supplier<Resource> events;
  private final Store store;
  private final AtomicBoolean sweeping = new AtomicBoolean();

  EventStrategy(Clock clock, Duration lifetime, Supplier<Resource> events, Store store) {
    this.clock = clock;
    this.lifetime = lifetime;
    this.events = events;
    this.store = store;
  }

  @Override
  public boolean createsOnUpdate() {
    return true;
  }

  @Override
  public void stored(KubeObject now, @Nullable KubeObject before) {
    sweepLater();
  }

  private void sweepLater() {
    if (sweeping.compareAndSet(false, true)) {
      clock.schedule(lifetime.dividedBy(8).plusSeconds(1), this::sweep);
    }
  }

  private void sweep() {
    Instant limit = clock.instant().minus(lifetime);
    List<KubeObject> old = new ArrayList<>();
    Resource resource = events.get();
    resource
        .stored()
        .seen()
        .tree()
        .forEach(
            event -> {
              if (lastWritten(event).isBefore(limit)) {
                old.add(event);
              }
            });
    for (KubeObject event : old) {
      try {
        store.delete(resource.key(event.namespace(), event.name()), event.resourceVersion());
      } catch (dev.coracle.store.ConflictException e) {
        // Seen again in the meantime.
        continue;
      }
    }
    sweeping.set(false);
    if (resource.stored().seen().tree().size() > 0) {
      sweepLater();
    }
  }

  /** When it was written last. */
  private static Instant lastWritten(KubeObject event) {
    Instant last = later(Instant.EPOCH, event.creationTimestamp());
    for (JsonNode change : event.at("metadata", "managedFields")) {
      last = later(last, change.path("time").asText());
    }
    return last;
  }

  private static Instant later(Instant last, String time) {
    Instant at = time.isEmpty() ? null : Timestamps.parse(time);
    return at != null && at.isAfter(last) ? at : last;
  }
}
