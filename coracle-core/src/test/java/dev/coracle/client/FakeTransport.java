package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An API server of one screen: enough to exercise the client's own parts, with faults to order. */
public final class FakeTransport implements Transport {

  private record Change(long revision, GroupVersionResource resource, WatchEvent event) {}

  private final Map<GroupVersionResource, TreeMap<String, KubeObject>> objects =
      new LinkedHashMap<>();
  private final List<Change> history = new ArrayList<>();
  private final List<Running> watches = new ArrayList<>();
  private final AtomicInteger lists = new AtomicInteger();
  private long revision = 1;
  private long compacted;
  private @Nullable StatusException fault;
  private boolean deaf;

  /** Every call fails like this until it is null again. */
  synchronized void fail(@Nullable StatusException with) {
    fault = with;
  }

  /** Ends all watches; changes made until {@link #hear} are history to catch up with. */
  synchronized void dropWatches() {
    for (Running running : List.copyOf(watches)) {
      watches.remove(running);
      running.end(StatusException.serviceUnavailable("dropped"));
    }
  }

  synchronized void deafen() {
    deaf = true;
    dropWatches();
  }

  synchronized void hear() {
    deaf = false;
  }

  synchronized void compact() {
    compacted = revision;
    history.clear();
  }

  int lists() {
    return lists.get();
  }

  synchronized int watches() {
    return watches.size();
  }

  @Override
  public synchronized Answer send(Call call) {
    if (fault != null) {
      throw fault;
    }
    return switch (call.verb()) {
      case "get" -> new Answer.One(existing(call));
      case "list" -> {
        lists.incrementAndGet();
        yield new Answer.Many(
            new ObjectList(new ArrayList<>(of(call.resource()).values()), revision, null, null));
      }
      case "create" -> new Answer.One(create(call));
      case "update" -> new Answer.One(update(call, body(call)));
      case "patch" -> new Answer.One(update(call, merged(call)));
      case "delete" -> new Answer.One(delete(call));
      default ->
          throw StatusException.methodNotSupported("", call.resource().resource(), call.verb());
    };
  }

  @Override
  public synchronized Watch watch(Call call, WatchHandler handler) {
    if (fault != null || deaf) {
      throw fault != null ? fault : StatusException.serviceUnavailable("deaf");
    }
    long from = Long.parseLong(call.query().getOrDefault("resourceVersion", "0"));
    if (from < compacted) {
      throw StatusException.expired("too old resource version: " + from + " (" + compacted + ")");
    }
    Running running = new Running(call.resource(), handler);
    for (Change change : history) {
      if (change.revision > from && change.resource.equals(call.resource())) {
        running.queue.add(change.event);
      }
    }
    watches.add(running);
    Thread.startVirtualThread(running::run);
    return () -> {
      synchronized (this) {
        watches.remove(running);
      }
      running.closed = true;
      running.queue.add(END);
    };
  }

  private static final Object END = new Object();

  private static final class Running {
    final GroupVersionResource resource;
    final WatchHandler handler;
    final LinkedBlockingQueue<Object> queue = new LinkedBlockingQueue<>();
    volatile boolean closed;

    Running(GroupVersionResource resource, WatchHandler handler) {
      this.resource = resource;
      this.handler = handler;
    }

    void end(StatusException cause) {
      queue.add(cause);
    }

    void run() {
      try {
        while (!closed) {
          switch (queue.take()) {
            case WatchEvent event -> handler.event(event);
            case StatusException cause -> {
              handler.ended(cause);
              return;
            }
            default -> {
              return;
            }
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private TreeMap<String, KubeObject> of(GroupVersionResource resource) {
    return objects.computeIfAbsent(resource, r -> new TreeMap<>());
  }

  private static String key(Call call, String name) {
    return call.namespace() + "/" + name;
  }

  private static ObjectNode body(Call call) {
    if (call.body() instanceof ObjectNode body) {
      return body.deepCopy();
    }
    throw StatusException.badRequest("no body");
  }

  private KubeObject existing(Call call) {
    KubeObject object = of(call.resource()).get(key(call, call.name()));
    if (object == null) {
      throw StatusException.notFound(
          call.resource().group(), call.resource().resource(), call.name());
    }
    return object;
  }

  private KubeObject create(Call call) {
    ObjectNode body = body(call);
    ObjectNode metadata = body.withObject("/metadata");
    String name = metadata.path("name").asText();
    if (name.isEmpty()) {
      name = metadata.path("generateName").asText() + Long.toString(revision + 100_000, 36);
      metadata.put("name", name);
    }
    if (of(call.resource()).containsKey(key(call, name))) {
      throw StatusException.alreadyExists(
          call.resource().group(), call.resource().resource(), name);
    }
    if (!call.namespace().isEmpty()) {
      metadata.put("namespace", call.namespace());
    }
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", "2026-01-01T00:00:00Z");
    return write(call.resource(), WatchEvent.Type.ADDED, body);
  }

  private KubeObject update(Call call, ObjectNode body) {
    KubeObject before = existing(call);
    String version = body.path("metadata").path("resourceVersion").asText("");
    if (!version.isEmpty() && !version.equals(Long.toString(before.resourceVersion()))) {
      throw StatusException.modified(
          call.resource().group(), call.resource().resource(), call.name());
    }
    return write(call.resource(), WatchEvent.Type.MODIFIED, body);
  }

  private ObjectNode merged(Call call) {
    ObjectNode tree = existing(call).mutableTree();
    merge(tree, body(call));
    return tree;
  }

  private static void merge(ObjectNode into, ObjectNode patch) {
    patch
        .properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              if (value.isNull()) {
                into.remove(entry.getKey());
              } else if (value instanceof ObjectNode object) {
                merge(into.withObject("/" + entry.getKey()), object);
              } else {
                into.set(entry.getKey(), value);
              }
            });
  }

  private KubeObject delete(Call call) {
    KubeObject before = existing(call);
    return write(call.resource(), WatchEvent.Type.DELETED, before.mutableTree());
  }

  private KubeObject write(GroupVersionResource resource, WatchEvent.Type type, ObjectNode tree) {
    long now = ++revision;
    tree.withObject("/metadata").put("resourceVersion", Long.toString(now));
    KubeObject object = KubeObject.of(tree);
    String key = object.namespace() + "/" + object.name();
    if (type == WatchEvent.Type.DELETED) {
      of(resource).remove(key);
    } else {
      of(resource).put(key, object);
    }
    WatchEvent event = new WatchEvent(type, object);
    history.add(new Change(now, resource, event));
    for (Running running : watches) {
      if (running.resource.equals(resource)) {
        running.queue.add(event);
      }
    }
    return object;
  }

  static ObjectNode object(String kind, String name) {
    ObjectNode tree = Json.object().put("kind", kind).put("apiVersion", "v1");
    tree.putObject("metadata").put("name", name);
    return tree;
  }
}
