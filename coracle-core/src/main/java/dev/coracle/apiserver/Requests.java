package dev.coracle.apiserver;

import dev.coracle.api.RequestInfo;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts answered requests, and writes {@code /metrics} in Prometheus' text format. */
final class Requests {

  private record Key(
      String group, String version, String resource, String subresource, String verb, int code)
      implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      return toString().compareTo(other.toString());
    }
  }

  private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();
  private final InFlight inFlight;

  Requests(InFlight inFlight) {
    this.inFlight = inFlight;
  }

  void count(RequestInfo info, int code) {
    counts
        .computeIfAbsent(
            new Key(
                info.apiGroup(),
                info.apiVersion(),
                code == 404 ? "" : info.resource(),
                code == 404 ? "" : info.subresource(),
                info.verb().toUpperCase(java.util.Locale.ROOT),
                code),
            key -> new LongAdder())
        .increment();
  }

  ApiResponse serve(ApiRequest request, String rest) {
    StringBuilder out = new StringBuilder(4096);
    out.append("# HELP apiserver_request_total Counter of apiserver requests.\n");
    out.append("# TYPE apiserver_request_total counter\n");
    new TreeMap<>(counts)
        .forEach(
            (key, count) ->
                out.append("apiserver_request_total{code=\"")
                    .append(key.code)
                    .append("\",group=\"")
                    .append(key.group)
                    .append("\",resource=\"")
                    .append(key.resource)
                    .append("\",subresource=\"")
                    .append(key.subresource)
                    .append("\",verb=\"")
                    .append(key.verb)
                    .append("\",version=\"")
                    .append(key.version)
                    .append("\"} ")
                    .append(count.sum())
                    .append('\n'));
    out.append("# HELP apiserver_current_inflight_requests Requests being served, by kind.\n");
    out.append("# TYPE apiserver_current_inflight_requests gauge\n");
    out.append("apiserver_current_inflight_requests{request_kind=\"mutating\"} ")
        .append(inFlight.mutating())
        .append('\n');
    out.append("apiserver_current_inflight_requests{request_kind=\"readOnly\"} ")
        .append(inFlight.reading())
        .append('\n');
    Runtime runtime = Runtime.getRuntime();
    out.append("# HELP jvm_memory_used_bytes Heap in use.\n# TYPE jvm_memory_used_bytes gauge\n");
    out.append("jvm_memory_used_bytes{area=\"heap\"} ")
        .append(runtime.totalMemory() - runtime.freeMemory())
        .append('\n');
    out.append("# HELP process_start_time_seconds Start time since the epoch.\n");
    out.append("# TYPE process_start_time_seconds gauge\n");
    out.append("process_start_time_seconds ")
        .append(
            ProcessHandle.current()
                .info()
                .startInstant()
                .map(java.time.Instant::getEpochSecond)
                .orElse(0L))
        .append('\n');
    return new ApiResponse.Bytes(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        ObjectBytes.bytes(out.toString()),
        new dev.coracle.http.Headers());
  }
}
