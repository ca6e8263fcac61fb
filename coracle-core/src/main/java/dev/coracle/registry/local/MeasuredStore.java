package dev.coracle.registry.local;

import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import dev.coracle.store.Store;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store whose requests are timed: {@code etcd_request_duration_seconds}, the name that
 * kube-apiserver's has whatever the store is.
 */
public final class MeasuredStore implements Store {

  private static final double[] DURATIONS = {
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30,
    45, 60
  };

  private final Store store;
  private final Family.Histograms durations;
  private final Family.Counters requests;
  private final Family.Counters errors;
  private final Map<String, Map<String, Cells>> operations = new HashMap<>();

  private record Cells(
      Histogram duration,
      dev.coracle.metrics.Counter requests,
      dev.coracle.metrics.Counter errors) {}

  public MeasuredStore(Store store, Metrics metrics) {
    this.store = store;
    this.durations =
        metrics.histograms(
            "etcd_request_duration_seconds",
            "[ALPHA] Time of requests to the store.",
            DURATIONS,
            "operation",
            "group",
            "resource");
    this.requests =
        metrics.counters(
            "etcd_requests_total",
            "[ALPHA] Requests to the store.",
            "operation",
            "group",
            "resource");
    this.errors =
        metrics.counters(
            "etcd_request_errors_total",
            "[ALPHA] Requests to the store that failed.",
            "operation",
            "group",
            "resource");
    for (String operation : List.of("get", "list", "create", "update", "delete")) {
      operations.put(operation, new ConcurrentHashMap<>());
    }
  }

  /** Shows how many objects are stored of each resource: counted at each scrape. */
  public static void countObjects(Metrics metrics, Store store, Registry registry) {
    metrics.gauges(
        "apiserver_resource_objects",
        "[ALPHA] Stored objects, by group and resource.",
        List.of("group", "resource"),
        samples ->
            counts(store, registry)
                .forEach((type, count) -> samples.sample(count, type.group(), type.plural())));
    metrics.gauges(
        "apiserver_storage_objects",
        "[STABLE] Stored objects, by resource.",
        List.of("resource"),
        samples ->
            counts(store, registry)
                .forEach(
                    (type, count) ->
                        samples.sample(
                            count,
                            type.group().isEmpty()
                                ? type.plural()
                                : type.plural() + "." + type.group())));
  }

  private static Map<ResourceType, Long> counts(Store store, Registry registry) {
    Map<String, ResourceType> byPrefix = new HashMap<>();
    for (ResourceType type : registry.resources()) {
      if (type.verbs().contains("list")) {
        byPrefix.putIfAbsent(type.storePrefix(), type);
      }
    }
    Map<ResourceType, Long> counts = new HashMap<>();
    byPrefix.forEach((prefix, type) -> counts.put(type, store.range(prefix, "", 1, 0).count()));
    return counts;
  }

  private <T extends @Nullable Object> T timed(String operation, String key, Supplier<T> work) {
    Cells cells = cells(operation, key);
    long began = System.nanoTime();
    boolean done = false;
    try {
      T result = work.get();
      done = true;
      return result;
    } finally {
      cells.duration.recordNanos(System.nanoTime() - began);
      cells.requests.increment();
      if (!done) {
        cells.errors.increment();
      }
    }
  }

  /** By {@code /registry/GROUP/RESOURCE/...}: as many as there are resources. */
  private Cells cells(String operation, String key) {
    int group = key.indexOf('/', 1);
    int resource = group < 0 ? -1 : key.indexOf('/', group + 1);
    int end = resource < 0 ? -1 : key.indexOf('/', resource + 1);
    String kind = end < 0 ? "" : key.substring(group + 1, end);
    Map<String, Cells> known = operations.getOrDefault(operation, Map.of());
    Cells cells = known.get(kind);
    return cells == null
        ? known.computeIfAbsent(
            kind,
            any -> {
              int slash = kind.indexOf('/');
              String of = slash < 0 ? "" : kind.substring(0, slash);
              String plural = kind.substring(slash + 1);
              String named = of.equals("core") ? "" : of;
              return new Cells(
                  durations.of(operation, named, plural),
                  requests.of(operation, named, plural),
                  errors.of(operation, named, plural));
            })
        : cells;
  }

  @Override
  public @Nullable Entry get(String key) {
    return timed("get", key, () -> store.get(key));
  }

  @Override
  public Range range(String prefix, String startKey, int limit, long revision) {
    return timed("list", prefix, () -> store.range(prefix, startKey, limit, revision));
  }

  @Override
  public Entry create(String key, Value value) {
    return timed("create", key, () -> store.create(key, value));
  }

  /** Counted as one request for each key; how long they took together is the first one's. */
  @Override
  public void createMissing(SequencedMap<String, Value> values) {
    if (values.isEmpty()) {
      return;
    }
    String first = values.firstEntry().getKey();
    boolean unused =
        timed(
            "create",
            first,
            () -> {
              store.createMissing(values);
              return true;
            });
    for (String key : values.sequencedKeySet().stream().skip(1).toList()) {
      cells("create", key).requests.increment();
    }
  }

  @Override
  public Entry update(String key, Value value, long expectedRevision) {
    return timed("update", key, () -> store.update(key, value, expectedRevision));
  }

  @Override
  public long delete(String key, long expectedRevision) {
    return timed("delete", key, () -> store.delete(key, expectedRevision));
  }

  @Override
  public long currentRevision() {
    return store.currentRevision();
  }

  @Override
  public long readRevision() {
    return store.readRevision();
  }

  @Override
  public Watch watch(String prefix, long fromRevision, Listener listener) {
    return store.watch(prefix, fromRevision, listener);
  }

  @Override
  public Page changes(String prefix, long afterRevision, int limit) {
    return store.changes(prefix, afterRevision, limit);
  }

  @Override
  public void compact(long revision) {
    store.compact(revision);
  }

  @Override
  public long compactedRevision() {
    return store.compactedRevision();
  }

  @Override
  public Map<String, String> unreadable() {
    return store.unreadable();
  }

  @Override
  public boolean isStale(String key) {
    return store.isStale(key);
  }

  @Override
  public void close() {
    store.close();
  }
}
