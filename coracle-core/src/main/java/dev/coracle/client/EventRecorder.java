package dev.coracle.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a component's events ({@code v1 Event}) in the background. The same news again raises the
 * count of the event that told it first; more than ten different messages with one reason about one
 * object in ten minutes become one event, {@code (combined from similar events): ...}; and an
 * object that never stops is told of 25 times, then once in five minutes, with what was counted
 * since. Events about different objects are written at the same time, a few at once, those about
 * one object in order. Events that find the queue full are dropped: telling never delays or fails
 * the work itself.
 */
public final class EventRecorder implements AutoCloseable {

  public static final String NORMAL = "Normal";
  public static final String WARNING = "Warning";

  private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
  private static final GroupVersionResource EVENTS = GroupVersionResource.core("events");

  /** A deployment of ten thousand Pods may tell of all of them in a few seconds. */
  private static final int QUEUE_CAPACITY = 10_000;

  /** So many writes share the wait for the disk. */
  private static final int AT_ONCE = 16;

  /** How often one is written again that the server had no time for. */
  private static final int ATTEMPTS = 10;

  private static final Duration LATER = Duration.ofSeconds(1);

  private static final int MEMORY = 4096;
  private static final int SIMILAR_LIMIT = 10;
  private static final Duration SIMILAR_WINDOW = Duration.ofMinutes(10);
  private static final int BURST = 25;
  private static final Duration REFILL = Duration.ofMinutes(5);

  /** What an event is about. */
  private record About(
      String apiVersion,
      String kind,
      String namespace,
      String name,
      String uid,
      long resourceVersion,
      String fieldPath) {

    /** The same for one object, however it changes. */
    String identity() {
      return kind + "/" + namespace + "/" + name + "/" + uid + "/" + apiVersion;
    }
  }

  private record News(About about, String type, String reason, String message, Instant at) {}

  /** An event as it is, or would be if its object had not been told of too often. */
  private record Told(String name, int count, Instant first) {}

  /** An event to write. */
  private record Writing(Told told, boolean first, News news, String message) {}

  private record Similar(Map<String, Boolean> messages, Instant last) {}

  private record Bucket(double tokens, Instant at) {}

  private final Client client;
  private final Clock clock;
  private final String component;
  private final String host;
  private final BlockingQueue<News> queue = new LinkedBlockingQueue<>(QUEUE_CAPACITY);
  private final AtomicLong sequence = new AtomicLong();
  private final Map<String, Told> told = memory();
  private final Map<String, Similar> similar = memory();
  private final Map<String, Bucket> buckets = memory();
  private final Thread writer;

  /**
   * @param component the source, such as {@code deployment-controller}
   * @param host the node it runs on; empty for none
   */
  public EventRecorder(Client client, Clock clock, String component, String host) {
    this.client = client;
    this.clock = clock;
    this.component = component;
    this.host = host;
    writer = Thread.ofVirtual().name("events-" + component).start(this::write);
  }

  private static <V> Map<String, V> memory() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > MEMORY;
      }
    };
  }

  public void normal(KubeObject about, String reason, String message) {
    event(about, "", NORMAL, reason, message);
  }

  public void warning(KubeObject about, String reason, String message) {
    event(about, "", WARNING, reason, message);
  }

  /**
   * @param fieldPath the part of the object, such as {@code spec.containers{main}}; empty for all
   * @param type {@link #NORMAL} or {@link #WARNING}
   */
  public void event(
      KubeObject about, String fieldPath, String type, String reason, String message) {
    About reference =
        new About(
            about.apiVersion(),
            about.kind(),
            about.namespace(),
            about.name(),
            about.uid(),
            about.resourceVersion(),
            fieldPath);
    String text = message.length() > 1024 ? message.substring(0, 1024) : message;
    if (!queue.offer(new News(reference, type, reason, text, clock.instant()))) {
      LOG.debug("event dropped: {} {}", reason, text);
    }
  }

  /** Stops; what is still in the queue is dropped. */
  @Override
  public void close() {
    writer.interrupt();
  }

  private void write() {
    try {
      List<News> waiting = new ArrayList<>();
      while (true) {
        waiting.add(queue.take());
        queue.drainTo(waiting, AT_ONCE - 1);
        write(waiting);
        waiting.clear();
      }
    } catch (InterruptedException e) {
      LOG.trace("events of {} end", component);
    }
  }

  private void write(List<News> waiting) throws InterruptedException {
    Map<String, List<Writing>> byObject = new LinkedHashMap<>();
    for (News news : waiting) {
      Writing writing = decide(news);
      if (writing != null) {
        byObject.computeIfAbsent(news.about.identity(), object -> new ArrayList<>()).add(writing);
      }
    }
    List<Thread> others = new ArrayList<>();
    List<Writing> mine = List.of();
    for (List<Writing> ofObject : byObject.values()) {
      if (mine.isEmpty()) {
        mine = ofObject;
      } else {
        others.add(
            Thread.ofVirtual()
                .name("events-" + component)
                .start(() -> ofObject.forEach(this::writeOne)));
      }
    }
    mine.forEach(this::writeOne);
    try {
      for (Thread other : others) {
        other.join();
      }
    } catch (InterruptedException e) {
      others.forEach(Thread::interrupt);
      throw e;
    }
  }

  private void writeOne(Writing writing) {
    try {
      for (int attempt = 1; !isWritten(writing, attempt); attempt++) {
        Thread.sleep(LATER);
      }
    } catch (StatusException e) {
      LOG.debug("event not written: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("event not written", e);
    }
  }

  /**
   * @return false when the server asks to try again later (429)
   */
  private boolean isWritten(Writing writing, int attempt) {
    try {
      if (writing.first || !patch(writing.told, writing.news, writing.message)) {
        create(writing.told, writing.news, writing.message);
      }
      return true;
    } catch (StatusException e) {
      if (e.code() == 429 && attempt < ATTEMPTS) {
        return false;
      }
      throw e;
    }
  }

  /** What is too much for its object is counted all the same: the next one written tells of it. */
  private @Nullable Writing decide(News news) {
    String message = news.message;
    String key = news.about.identity() + "/" + news.type + "/" + news.reason;
    Similar others = similar.get(key);
    if (others == null || others.last.plus(SIMILAR_WINDOW).isBefore(news.at)) {
      others = new Similar(new LinkedHashMap<>(), news.at);
    }
    others.messages.put(message, true);
    similar.put(key, new Similar(others.messages, news.at));
    String identity = key + "/" + news.about.fieldPath + "/" + message;
    if (others.messages.size() >= SIMILAR_LIMIT) {
      others.messages.remove(others.messages.keySet().iterator().next());
      message = "(combined from similar events): " + message;
      identity = key;
    }
    Told before = told.get(identity);
    Told now =
        before == null
            ? new Told(newName(news), 1, news.at)
            : new Told(before.name, before.count + 1, before.first);
    told.put(identity, now);
    return admit(news) ? new Writing(now, before == null, news, message) : null;
  }

  private String newName(News news) {
    long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, news.at) + sequence.getAndIncrement();
    return news.about.name + "." + Long.toHexString(nanos);
  }

  /** A token bucket per object. */
  private boolean admit(News news) {
    String key = news.about.identity();
    Bucket bucket = buckets.getOrDefault(key, new Bucket(BURST, news.at));
    double refilled =
        Math.min(
            BURST,
            bucket.tokens
                + (double) Duration.between(bucket.at, news.at).toMillis() / REFILL.toMillis());
    boolean admitted = refilled >= 1;
    buckets.put(key, new Bucket(admitted ? refilled - 1 : refilled, news.at));
    return admitted;
  }

  /**
   * @return false when the event is gone, or never was, and must be created
   */
  private boolean patch(Told now, News news, String message) {
    ObjectNode patch =
        Json.object()
            .put("count", now.count)
            .put("message", message)
            .put("lastTimestamp", time(news.at));
    try {
      KubeObject unused =
          client.patch(
              EVENTS,
              namespace(news.about),
              now.name,
              "",
              PatchType.MERGE,
              patch,
              WriteOptions.NONE);
      return true;
    } catch (StatusException e) {
      if (e.isNotFound()) {
        return false;
      }
      throw e;
    }
  }

  private static String namespace(About about) {
    return about.namespace.isEmpty() ? "default" : about.namespace;
  }

  private void create(Told now, News news, String message) {
    About about = news.about;
    String namespace = namespace(about);
    ObjectNode event = Json.object().put("kind", "Event").put("apiVersion", "v1");
    event.putObject("metadata").put("name", now.name).put("namespace", namespace);
    ObjectNode involved = event.putObject("involvedObject").put("kind", about.kind);
    if (!about.namespace.isEmpty()) {
      involved.put("namespace", about.namespace);
    }
    involved.put("name", about.name);
    if (!about.uid.isEmpty()) {
      involved.put("uid", about.uid);
    }
    involved.put("apiVersion", about.apiVersion);
    if (about.resourceVersion > 0) {
      involved.put("resourceVersion", Long.toString(about.resourceVersion));
    }
    if (!about.fieldPath.isEmpty()) {
      involved.put("fieldPath", about.fieldPath);
    }
    event.put("reason", news.reason).put("message", message);
    ObjectNode source = event.putObject("source").put("component", component);
    if (!host.isEmpty()) {
      source.put("host", host);
    }
    event.put("firstTimestamp", time(now.first)).put("lastTimestamp", time(news.at));
    event.put("count", now.count).put("type", news.type);
    event.put("reportingComponent", component).put("reportingInstance", host);
    KubeObject unused = client.create(EVENTS, namespace, event);
  }

  private static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
