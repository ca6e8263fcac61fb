package dev.coracle.apiserver.filter;

import dev.coracle.api.RequestInfo;
import dev.coracle.apiserver.request.IncomingRequest;
import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The {@code apiserver_request_*} metrics. What a request counts on is found by one look into a
 * map; the texts are made when a kind of request comes for the first time. Only what the server
 * knows (its resources, paths and verbs) becomes a label: no client can make new ones.
 */
public final class RequestMetrics {

  private static final double[] DURATIONS = {
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30,
    45, 60
  };
  private static final double[] SLI_DURATIONS = Arrays.copyOfRange(DURATIONS, 2, DURATIONS.length);
  private static final String[] LABELS = {
    "verb", "group", "version", "resource", "subresource", "scope", "component"
  };
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  private static final Set<String> CONNECTING = Set.of("exec", "attach", "portforward", "proxy");

  private record Key(
      String verb,
      String group,
      String version,
      String resource,
      String subresource,
      String scope,
      String dryRun) {

    // Written out, as that of GroupVersionResource is.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that
          && verb.equals(that.verb)
          && resource.equals(that.resource)
          && group.equals(that.group)
          && version.equals(that.version)
          && subresource.equals(that.subresource)
          && scope.equals(that.scope)
          && dryRun.equals(that.dryRun);
    }

    @Override
    public int hashCode() {
      int hash = 31 * verb.hashCode() + resource.hashCode();
      hash = 31 * hash + group.hashCode();
      hash = 31 * hash + version.hashCode();
      hash = 31 * hash + subresource.hashCode();
      hash = 31 * hash + scope.hashCode();
      return 31 * hash + dryRun.hashCode();
    }
  }

  private final Registry registry;
  private final UnaryOperator<String> knownPath;
  private final Family.Counters requests;
  private final Family.Histograms durations;
  private final Family.Histograms slis;
  private final Family.Histograms sizes;
  private final Map<Key, Cells> cells = new ConcurrentHashMap<>();
  private final Cells unknown;

  /**
   * @param knownPath the label of a path outside resources; the empty string for one that is not
   *     served
   */
  public RequestMetrics(
      Metrics metrics, Registry registry, InFlight inFlight, UnaryOperator<String> knownPath) {
    this.registry = registry;
    this.knownPath = knownPath;
    this.requests =
        metrics.counters(
            "apiserver_request_total",
            "[STABLE] Requests answered, by what they asked for and the code of the answer.",
            "verb",
            "dry_run",
            "group",
            "version",
            "resource",
            "subresource",
            "scope",
            "component",
            "code");
    this.durations =
        metrics.histograms(
            "apiserver_request_duration_seconds",
            "[STABLE] Time from a request's arrival to the end of its answer.",
            DURATIONS,
            "verb",
            "dry_run",
            "group",
            "version",
            "resource",
            "subresource",
            "scope",
            "component");
    this.slis =
        metrics.histograms(
            "apiserver_request_sli_duration_seconds",
            "[ALPHA] Time to answer, without long-running requests, for service level objectives.",
            SLI_DURATIONS,
            LABELS);
    this.sizes =
        metrics.histograms(
            "apiserver_response_sizes",
            "[STABLE] Bytes of answers to reading requests.",
            Histogram.exponential(1000, 10, 7),
            LABELS);
    metrics.gauges(
        "apiserver_longrunning_requests",
        "[STABLE] Long-running requests (watches, logs, connections) being served.",
        List.of(LABELS),
        samples ->
            cells.forEach(
                (key, cell) -> {
                  if (cell.longRunning) {
                    samples.sample(cell.running.sum(), labels(key));
                  }
                }));
    metrics.gauges(
        "apiserver_current_inflight_requests",
        "[STABLE] Requests being served, by kind.",
        List.of("request_kind"),
        samples -> {
          samples.sample(inFlight.mutating(), "mutating");
          samples.sample(inFlight.reading(), "readOnly");
        });
    this.unknown = new Cells(new Key("other", "", "", "", "", "", ""));
  }

  /** For requests of which nothing is known. */
  Cells unknown() {
    return unknown;
  }

  Cells of(RequestInfo info, IncomingRequest request) {
    Key key = key(info, request);
    Cells known = cells.get(key);
    return known == null ? firstOf(key, info) : known;
  }

  private Key key(RequestInfo info, IncomingRequest request) {
    String dryRun = request.query().first("dryRun");
    if (!info.isResourceRequest()) {
      return new Key(
          METHODS.contains(request.method()) ? request.method() : "other",
          "",
          "",
          "",
          knownPath.apply(info.path()),
          "",
          dryRun);
    }
    String scope =
        !info.name().isEmpty() || info.verb().equals("create")
            ? "resource"
            : info.namespace().isEmpty() ? "cluster" : "namespace";
    return new Key(
        verb(info, request),
        info.apiGroup(),
        info.apiVersion(),
        info.resource(),
        info.subresource(),
        scope,
        dryRun);
  }

  private static String verb(RequestInfo info, IncomingRequest request) {
    if (CONNECTING.contains(info.subresource())) {
      return "CONNECT";
    }
    return switch (info.verb()) {
      case "get" -> "GET";
      case "list" -> "LIST";
      case "watch" -> "WATCH";
      case "create" -> "POST";
      case "update" -> "PUT";
      case "patch" ->
          request.headers().first("content-type", "").startsWith("application/apply-patch+")
              ? "APPLY"
              : "PATCH";
      case "delete" -> "DELETE";
      case "deletecollection" -> "DELETECOLLECTION";
      case "proxy" -> "CONNECT";
      default -> "other";
    };
  }

  /** Cells of a key that is bounded by what this server knows, or those of the unknown. */
  private Cells firstOf(Key key, RequestInfo info) {
    Key bounded = key;
    if (!key.dryRun.isEmpty() && !key.dryRun.equals("All")) {
      bounded =
          new Key(
              key.verb,
              key.group,
              key.version,
              key.resource,
              key.subresource,
              key.scope,
              "invalid");
    }
    if (info.isResourceRequest()) {
      ResourceType type = registry.find(key.group, key.version, key.resource);
      if (type == null
          || !(key.subresource.isEmpty() || type.subresources().containsKey(key.subresource))) {
        bounded = new Key(key.verb, "", "", "", "", "", "");
      }
    }
    return cells.computeIfAbsent(bounded, Cells::new);
  }

  private static String[] labels(Key key) {
    return new String[] {
      key.verb, key.group, key.version, key.resource, key.subresource, key.scope, "apiserver"
    };
  }

  /** What requests of one kind count on. */
  final class Cells {

    private final Key key;
    private final Histogram duration;
    private final LongAdder running = new LongAdder();
    private final Map<Integer, Counter> codes = new ConcurrentHashMap<>(4);
    private final boolean reading;
    private volatile boolean longRunning;
    private volatile @Nullable Histogram sli;
    private volatile @Nullable Histogram size;

    Cells(Key key) {
      this.key = key;
      this.reading = key.verb.equals("GET") || key.verb.equals("LIST");
      this.duration =
          durations.of(
              key.verb,
              key.dryRun,
              key.group,
              key.version,
              key.resource,
              key.subresource,
              key.scope,
              "apiserver");
    }

    void entered() {
      longRunning = true;
      running.increment();
    }

    void left() {
      running.decrement();
    }

    void answered(int code, long nanos, long bytes, boolean takesLong) {
      Counter counter = codes.get(code);
      if (counter == null) {
        counter = codes.computeIfAbsent(code, this::counter);
      }
      counter.increment();
      duration.recordNanos(nanos);
      if (takesLong) {
        return;
      }
      Histogram forObjectives = sli;
      if (forObjectives == null) {
        forObjectives = slis.of(labels(key));
        sli = forObjectives;
      }
      forObjectives.recordNanos(nanos);
      if (bytes < 0 || !reading) {
        return;
      }
      Histogram ofSizes = size;
      if (ofSizes == null) {
        ofSizes = sizes.of(labels(key));
        size = ofSizes;
      }
      ofSizes.record(bytes);
    }

    private Counter counter(int code) {
      return requests.of(
          key.verb,
          key.dryRun,
          key.group,
          key.version,
          key.resource,
          key.subresource,
          key.scope,
          "apiserver",
          String.valueOf(code));
    }
  }
}
