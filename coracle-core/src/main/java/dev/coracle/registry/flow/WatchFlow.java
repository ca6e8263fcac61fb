package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import dev.coracle.registry.cache.Selection;
import dev.coracle.registry.cache.WatchCache;
import dev.coracle.registry.resource.Conversion;
import dev.coracle.registry.resource.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/** Watches: where they start, how long they last, and their bookmarks. */
public final class WatchFlow {

  private static final Duration BOOKMARKS = Duration.ofSeconds(60);
  private static final Duration LEAST = Duration.ofMinutes(30);

  private final ObjectStore objects;
  private final Clock clock;
  private final RandomGenerator random;

  /** The caches for which a bookmark is on its way. */
  private final Set<WatchCache> ticking = ConcurrentHashMap.newKeySet();

  public WatchFlow(ObjectStore objects, Clock clock, RandomGenerator random) {
    this.objects = objects;
    this.clock = clock;
    this.random = random;
  }

  public Registry.Watch watch(
      Resource resource, String namespace, ListOptions options, Registry.WatchSink sink) {
    resource.require("watch");
    Options.check(options, true);
    long revision = Options.revision(options.resourceVersion(), true);
    Selection selection = Options.selection(resource.type(), options);
    WatchCache cache = resource.stored();
    objects.requireReadable(resource, namespace);
    WatchCache.Start start = start(resource, options, revision);
    Conversion conversion = resource.conversion();
    Registry.Watch watch;
    if (conversion != null && conversion.isSlow()) {
      watch =
          cache.watch(
              namespace,
              Selection.ALL,
              start,
              options.allowWatchBookmarks(),
              through(new ConvertedEvents(conversion, selection), sink));
    } else {
      watch =
          cache.watch(
              namespace,
              conversion == null || selection == Selection.ALL
                  ? selection
                  : (object, fields) -> {
                    KubeObject seen = conversion.served(object);
                    return seen == object
                        ? selection.matches(object, fields)
                        : selection.matches(seen);
                  },
              start,
              options.allowWatchBookmarks(),
              conversion == null ? sink : through(events -> served(conversion, events), sink));
    }
    Duration timeout = options.timeout();
    if (timeout == null || timeout.isZero()) {
      timeout = LEAST.plusSeconds((long) (random.nextDouble() * LEAST.toSeconds()));
    }
    Clock.Timer end =
        clock.schedule(timeout, () -> cache.end(watch, at -> bookmark(resource, at, false)));
    if (options.allowWatchBookmarks()) {
      tick(resource, cache);
    }
    return () -> {
      end.cancel();
      watch.close();
    };
  }

  private static WatchCache.Start start(Resource resource, ListOptions options, long revision) {
    boolean initial =
        options.sendInitialEvents() == null
            ? revision == 0
            : Boolean.TRUE.equals(options.sendInitialEvents());
    if (!initial && revision > 0) {
      return new WatchCache.Start.After(revision);
    }
    if (!initial) {
      return new WatchCache.Start.After(resource.stored().snapshot().revision());
    }
    LongFunction<WatchEvent> end = null;
    if (options.allowWatchBookmarks()) {
      end = at -> bookmark(resource, at, true);
    }
    return new WatchCache.Start.Now(revision, end);
  }

  private void tick(Resource resource, WatchCache cache) {
    if (!ticking.add(cache)) {
      return;
    }
    clock.schedule(
        BOOKMARKS,
        () -> {
          ticking.remove(cache);
          if (cache.wantsBookmarks()) {
            cache.bookmark(at -> bookmark(resource, at, false));
            tick(resource, cache);
          }
        });
  }

  private static WatchEvent bookmark(Resource resource, long revision, boolean initialEnd) {
    ObjectNode object =
        Json.object()
            .put("kind", resource.type().kind())
            .put("apiVersion", resource.type().gvk().apiVersion());
    ObjectNode metadata = object.putObject("metadata");
    metadata.put("resourceVersion", String.valueOf(revision));
    if (initialEnd) {
      metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    }
    return new WatchEvent(WatchEvent.Type.BOOKMARK, KubeObject.of(object));
  }

  /** Events of stored objects in the version that is watched. */
  private static List<WatchEvent> served(Conversion conversion, List<WatchEvent> events) {
    List<WatchEvent> seen = new ArrayList<>(events.size());
    for (WatchEvent event : events) {
      seen.add(
          switch (event.type()) {
            case ADDED, MODIFIED, DELETED -> {
              KubeObject served = conversion.served(event.object());
              yield served == event.object() ? event : new WatchEvent(event.type(), served);
            }
            case BOOKMARK, ERROR -> event;
          });
    }
    return seen;
  }

  private static Registry.WatchSink through(
      UnaryOperator<List<WatchEvent>> view, Registry.WatchSink sink) {
    return sink.showThrough(view) ? sink : new ViewingSink(view, sink);
  }

  /** Shows events to one who takes none but finished ones. */
  private record ViewingSink(UnaryOperator<List<WatchEvent>> view, Registry.WatchSink sink)
      implements Registry.WatchSink {

    @Override
    public boolean offer(WatchEvent event) {
      List<WatchEvent> seen;
      try {
        seen = view.apply(List.of(event));
      } catch (StatusException e) {
        boolean unused = sink.offer(WatchEvent.error(e.status()));
        sink.ended();
        return false;
      }
      return sink.offerAll(seen.iterator());
    }

    @Override
    public void ended() {
      sink.ended();
    }
  }
}
