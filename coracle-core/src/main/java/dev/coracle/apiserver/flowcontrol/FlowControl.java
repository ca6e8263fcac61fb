package dev.coracle.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.Seed;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the objects of {@code flowcontrol.apiserver.k8s.io}: makes those that every cluster has and
 * puts right those that it may ({@code apf.kubernetes.io/autoupdate-spec}), writes the condition
 * Dangling, and reads all of them into a {@link FlowTable}.
 */
public final class FlowControl implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FlowControl.class);
  private static final String GROUP = "flowcontrol.apiserver.k8s.io";
  private static final String PRODUCER = "api-priority-and-fairness-config-producer-v1";
  private static final String CONSUMER = "api-priority-and-fairness-config-consumer-v1";
  private static final long RETRY_SECONDS = 1;

  private final Registry registry;
  private final Semaphore wake = new Semaphore(1);
  private final Registry.@Nullable Watch[] watches = new Registry.Watch[2];
  private volatile FlowTable table = FlowTable.EMPTY;
  private volatile boolean closed;
  private boolean started;

  /**
   * @param seats how many requests the server serves at a time
   */
  public FlowControl(Registry registry, Metrics metrics, int seats) {
    this.registry = registry;
    metrics.gauges(
        "apiserver_flowcontrol_nominal_limit_seats",
        "[BETA] Nominal number of execution seats configured for each priority level",
        List.of("priority_level"),
        samples -> {
          Map<String, Integer> shares = table.shares();
          int sum = shares.values().stream().mapToInt(Integer::intValue).sum();
          shares.forEach(
              (level, own) ->
                  samples.sample(sum == 0 ? 0 : Math.ceil((double) seats * own / sum), level));
        });
  }

  /** What requests are classified by now. */
  public FlowTable table() {
    return table;
  }

  /** Begins, on a thread of its own; once. */
  public synchronized void start() {
    if (started || closed) {
      return;
    }
    started = true;
    Thread.ofVirtual()
        .name("flow control")
        .start(
            () -> {
              try {
                run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                if (!closed) {
                  LOG.error("FlowSchemas are no longer followed", e);
                }
              }
            });
  }

  private void run() throws InterruptedException {
    follow(0, "prioritylevelconfigurations");
    follow(1, "flowschemas");
    boolean whole = true;
    while (!closed) {
      if (whole) {
        wake.acquire();
      } else {
        boolean unused = wake.tryAcquire(RETRY_SECONDS, TimeUnit.SECONDS);
      }
      wake.drainPermits();
      try {
        if (!closed) {
          reconcile();
        }
        whole = true;
      } catch (StatusException e) {
        LOG.debug("flow control objects", e);
        whole = false;
      }
    }
  }

  private void follow(int index, String plural) {
    Registry.Watch watch =
        registry.watch(
            type(plural),
            "",
            ListOptions.ALL,
            new Registry.WatchSink() {
              @Override
              public boolean offer(WatchEvent event) {
                wake.release();
                return true;
              }

              @Override
              public void ended() {
                if (!closed) {
                  Thread.startVirtualThread(() -> again(index, plural));
                }
              }
            });
    synchronized (watches) {
      watches[index] = watch;
    }
    if (closed) {
      watch.close();
    }
  }

  private void again(int index, String plural) {
    try {
      follow(index, plural);
    } catch (RuntimeException e) {
      LOG.debug("the store is closed", e);
    }
  }

  private ResourceType type(String plural) {
    ResourceType type = registry.find(GROUP, "v1", plural);
    if (type == null) {
      throw new IllegalStateException("no " + plural);
    }
    return type;
  }

  /** Loaded with the first new cluster of this JVM. */
  private static final class Once {
    static final List<Seed> SEEDS = seeds();

    private static List<Seed> seeds() {
      BootstrapFlows flows = new BootstrapFlows();
      List<Seed> seeds = new ArrayList<>();
      for (ObjectNode level : flows.levels().values()) {
        seeds.add(new Seed(of("prioritylevelconfigurations"), "", level));
      }
      flows
          .schemas()
          .forEach(
              (name, schema) -> {
                String level =
                    schema.path("spec").path("priorityLevelConfiguration").path("name").asText();
                Dangling found = Dangling.of(level, false);
                seeds.add(
                    new Seed(
                        of("flowschemas"),
                        "",
                        schema,
                        new Seed.Status(CONSUMER, time -> found.of(name, time))));
              });
      return List.copyOf(seeds);
    }

    private static GroupVersionResource of(String plural) {
      return GroupVersionResource.of(GROUP, "v1", plural);
    }
  }

  private void reconcile() {
    ResourceType levels = type("prioritylevelconfigurations");
    ResourceType schemas = type("flowschemas");
    if (registry.list(levels, "", ListOptions.ALL).items().isEmpty()
        && registry.list(schemas, "", ListOptions.ALL).items().isEmpty()) {
      registry.plant(system(), Once.SEEDS, WriteOptions.manager(PRODUCER));
    } else {
      BootstrapFlows wanted = new BootstrapFlows();
      ensure(levels, wanted.levels());
      ensure(schemas, wanted.schemas());
    }
    List<KubeObject> knownLevels = registry.list(levels, "", ListOptions.ALL).items();
    List<KubeObject> knownSchemas = registry.list(schemas, "", ListOptions.ALL).items();
    table = FlowTable.of(knownSchemas, knownLevels);
    for (KubeObject schema : knownSchemas) {
      String level = schema.text("spec", "priorityLevelConfiguration", "name");
      dangle(
          schemas,
          schema,
          level,
          knownLevels.stream().noneMatch(known -> known.name().equals(level)));
    }
  }

  private void ensure(ResourceType type, Map<String, ObjectNode> wanted) {
    List<KubeObject> known = registry.list(type, "", ListOptions.ALL).items();
    for (Map.Entry<String, ObjectNode> each : wanted.entrySet()) {
      KubeObject current =
          known.stream()
              .filter(object -> object.name().equals(each.getKey()))
              .findFirst()
              .orElse(null);
      if (current == null) {
        write(
            () ->
                registry
                    .create(
                        system(),
                        type,
                        "",
                        "",
                        "",
                        each.getValue().deepCopy(),
                        WriteOptions.manager(PRODUCER))
                    .object());
      } else {
        revise(type, current, each.getValue());
      }
    }
    for (KubeObject object : known) {
      if (!wanted.containsKey(object.name()) && Boolean.TRUE.equals(autoUpdate(object))) {
        write(
            () ->
                registry.delete(system(), type, "", object.name(), DeleteOptions.DEFAULT).object());
      }
    }
  }

  private void revise(ResourceType type, KubeObject current, ObjectNode wanted) {
    Boolean told = autoUpdate(current);
    boolean keep =
        BootstrapFlows.MANDATORY.contains(current.name())
            || (told == null ? current.at("metadata", "generation").asInt() == 1 : told);
    boolean respec = keep && !isSame(current, wanted);
    if (!respec && told != null && told == keep) {
      return;
    }
    ObjectNode next = current.mutableTree();
    if (respec) {
      next.set("spec", wanted.path("spec").deepCopy());
    }
    next.withObject("/metadata/annotations").put(BootstrapFlows.AUTO_UPDATE, String.valueOf(keep));
    write(
        () ->
            registry
                .update(
                    system(), type, "", current.name(), "", next, WriteOptions.manager(PRODUCER))
                .object());
  }

  /** The shares of what is exempt are the administrator's. */
  private static boolean isSame(KubeObject current, ObjectNode wanted) {
    JsonNode now = current.at("spec");
    JsonNode then = wanted.path("spec");
    return now.path("type").asText().equals("Exempt")
        ? then.path("type").asText().equals("Exempt")
        : now.equals(then);
  }

  /** Null when the annotation says nothing. */
  private static @Nullable Boolean autoUpdate(KubeObject object) {
    return switch (object.at("metadata", "annotations").path(BootstrapFlows.AUTO_UPDATE).asText()) {
      case "true", "True", "TRUE", "t", "T", "1" -> true;
      case "false", "False", "FALSE", "f", "F", "0" -> false;
      default -> null;
    };
  }

  private void dangle(ResourceType type, KubeObject schema, String level, boolean dangling) {
    Dangling wanted = Dangling.of(level, dangling);
    JsonNode before = Json.object();
    for (JsonNode condition : schema.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Dangling")) {
        before = condition;
      }
    }
    if (wanted.isSaid(before)) {
      return;
    }
    ObjectNode patch =
        wanted.of(schema.name(), Timestamps.seconds(Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    write(
        () ->
            registry
                .patch(
                    system(),
                    type,
                    "",
                    schema.name(),
                    "status",
                    PatchType.APPLY,
                    Json.write(patch),
                    new WriteOptions(false, CONSUMER, "", true))
                .object());
  }

  /** Somebody else's write in between is seen as an event, and looked at then. */
  private static void write(Supplier<KubeObject> write) {
    try {
      LOG.debug("written: {}", write.get().name());
    } catch (StatusException e) {
      if (!e.isConflict() && !e.isNotFound() && !e.isAlreadyExists()) {
        throw e;
      }
    }
  }

  private static RequestContext system() {
    return RequestContext.of(
        UserInfo.of("system:apiserver", "system:masters"), "kube-apiserver/coracle");
  }

  @Override
  public synchronized void close() {
    closed = true;
    synchronized (watches) {
      for (Registry.Watch watch : watches) {
        if (watch != null) {
          watch.close();
        }
      }
    }
    wake.release();
  }
}
