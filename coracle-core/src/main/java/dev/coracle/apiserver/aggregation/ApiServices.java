package dev.coracle.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.apiserver.connect.Target;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The APIService objects: keeps one for each group and version that this server serves itself, and
 * knows which ones extension servers serve and whether those answer (the API aggregation layer).
 */
public final class ApiServices implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ApiServices.class);
  private static final long USUAL_SECONDS = 30;
  private static final long RETRY_SECONDS = 1;

  private final Registry registry;
  private final ExtensionServers servers;
  private final LocalGroups locals;
  private final Map<String, KubeObject> known = new ConcurrentHashMap<>();
  private final Map<String, RemoteGroup> remotes = new ConcurrentHashMap<>();
  private final AtomicLong generation = new AtomicLong();
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean closed;
  private volatile Registry.@Nullable Watch registrations;
  private volatile Registry.@Nullable Watch definitions;

  public ApiServices(Registry registry, ExtensionServers servers, LocalGroups locals) {
    this.registry = registry;
    this.servers = servers;
    this.locals = locals;
  }

  /** Begins to follow the objects, and to check what they name, on a thread of its own. */
  public void start(Supplier<ClientTls> identity) {
    Thread.ofVirtual()
        .name("api services")
        .start(
            () -> {
              try {
                run(identity);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                if (!closed) {
                  LOG.error("API services are no longer followed", e);
                }
              }
            });
  }

  /** Looks at once at what is served, not only after a while. */
  public void check() {
    wake.release();
  }

  /** Grows whenever {@link #all} changes. */
  public long generation() {
    return generation.get();
  }

  public @Nullable RemoteGroup find(String group, String version) {
    return remotes.isEmpty() ? null : remotes.get(group + "/" + version);
  }

  public Iterable<RemoteGroup> all() {
    return remotes.values();
  }

  private void run(Supplier<ClientTls> identity) throws InterruptedException {
    Semaphore work = wake;
    registrations = follow("apiregistration.k8s.io", "apiservices", true);
    definitions = follow("apiextensions.k8s.io", "customresourcedefinitions", false);
    while (!closed) {
      long seen = registry.resourcesGeneration();
      try {
        LocalServices.reconcile(registry, locals, known);
      } catch (StatusException e) {
        LOG.debug("local API services", e);
      }
      boolean whole = refresh(identity) && seen == registry.resourcesGeneration();
      boolean woken = work.tryAcquire(whole ? USUAL_SECONDS : RETRY_SECONDS, TimeUnit.SECONDS);
      if (woken) {
        work.drainPermits();
      }
    }
  }

  private Registry.@Nullable Watch follow(String group, String plural, boolean services) {
    ResourceType type = registry.find(group, "v1", plural);
    return type == null
        ? null
        : registry.watch(type, "", ListOptions.ALL, new Follower(group, plural, services));
  }

  private final class Follower implements Registry.WatchSink {
    private final String group;
    private final String plural;
    private final boolean services;

    Follower(String group, String plural, boolean services) {
      this.group = group;
      this.plural = plural;
      this.services = services;
    }

    @Override
    public boolean offer(WatchEvent event) {
      KubeObject object = event.object();
      if (services) {
        switch (event.type()) {
          case ADDED, MODIFIED -> known.put(object.name(), object);
          case DELETED -> known.remove(object.name());
          case BOOKMARK, ERROR -> {}
        }
      }
      wake.release();
      return true;
    }

    @Override
    public void ended() {
      if (!closed) {
        Thread.startVirtualThread(
            () -> {
              try {
                Registry.Watch again = follow(group, plural, services);
                if (services) {
                  registrations = again;
                } else {
                  definitions = again;
                }
              } catch (RuntimeException e) {
                LOG.debug("the store is closed", e);
              }
            });
      }
    }
  }

  /**
   * @return whether every extension server answered
   */
  private boolean refresh(Supplier<ClientTls> identity) {
    boolean whole = true;
    Map<String, RemoteGroup> now = new HashMap<>();
    for (KubeObject registration : known.values()) {
      if (registration.at("spec", "service").isObject() && !registration.isDeleting()) {
        RemoteGroup before = remotes.get(groupVersion(registration));
        RemoteGroup remote = check(registration, before, identity.get());
        if (remote != null) {
          now.put(remote.groupVersion(), remote);
          whole &= remote.available();
        }
      }
    }
    boolean gone = remotes.keySet().retainAll(now.keySet());
    boolean changed = gone;
    for (RemoteGroup remote : now.values()) {
      RemoteGroup before = remotes.put(remote.groupVersion(), remote);
      changed |=
          before == null
              || before.available() != remote.available()
              || !before.resources().equals(remote.resources());
    }
    if (changed) {
      generation.incrementAndGet();
    }
    return whole;
  }

  private static String groupVersion(KubeObject registration) {
    return registration.text("spec", "group") + "/" + registration.text("spec", "version");
  }

  private @Nullable RemoteGroup check(
      KubeObject registration, @Nullable RemoteGroup before, ClientTls identity) {
    RemoteGroup remote;
    try {
      remote =
          before != null && before.registration().at("spec").equals(registration.at("spec"))
              ? before
              : RemoteGroup.of(registration, identity);
    } catch (IllegalArgumentException e) {
      condition(registration, "False", "InvalidCABundle", "the caBundle cannot be read");
      return null;
    }
    ArrayNode resources = remote.resources();
    boolean available = false;
    String reason = "FailedDiscoveryCheck";
    String message;
    try {
      Target target = servers.target(remote);
      try (ClientResponse answer = servers.discover(remote, target)) {
        available = answer.status() >= 200 && answer.status() < 300;
        message = "failing or missing response: bad status code: " + answer.status();
        if (available
            && Json.read(answer.readBody(1 << 20)).path("resources") instanceof ArrayNode served) {
          resources = served;
        }
      }
    } catch (StatusException e) {
      message = "failing or missing response: " + e.status().message();
      if (e.isNotFound()) {
        reason = "ServiceNotFound";
        message =
            "service/%s in \"%s\" is not present".formatted(remote.service(), remote.namespace());
      } else if (message.contains("no endpoints available")) {
        reason = "MissingEndpoints";
        message =
            "endpoints for service/%s in \"%s\" have no addresses with port name \"\""
                .formatted(remote.service(), remote.namespace());
      }
    } catch (java.io.IOException | RuntimeException e) {
      message = "failing or missing response: " + e.getMessage();
    }
    if (available) {
      condition(registration, "True", "Passed", "all checks passed");
    } else {
      condition(registration, "False", reason, message);
    }
    return remote.seen(available, resources);
  }

  private void condition(KubeObject registration, String status, String reason, String message) {
    try {
      setCondition(registry, registration, status, reason, message);
    } catch (StatusException e) {
      LOG.debug("the status of {}", registration.name(), e);
      wake.release();
    }
  }

  /** Writes the condition Available, unless it says the same already. */
  static void setCondition(
      Registry registry, KubeObject service, String status, String reason, String message) {
    JsonNode current = Json.object();
    ArrayNode others = Json.array();
    for (JsonNode condition : service.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Available")) {
        current = condition;
      } else {
        others.add(condition.deepCopy());
      }
    }
    boolean sameStatus = current.path("status").asText().equals(status);
    if (sameStatus && current.path("reason").asText().equals(reason)) {
      return;
    }
    ResourceType type = registry.find("apiregistration.k8s.io", "v1", "apiservices");
    if (type == null) {
      return;
    }
    ObjectNode next = service.mutableTree();
    next.putObject("status")
        .putArray("conditions")
        .addAll(others)
        .addObject()
        .put("type", "Available")
        .put("status", status)
        .put(
            "lastTransitionTime",
            sameStatus
                ? current.path("lastTransitionTime").asText()
                : Timestamps.seconds(Instant.now()))
        .put("reason", reason)
        .put("message", message);
    registry.update(system(), type, "", service.name(), "status", next, WriteOptions.NONE);
  }

  static RequestContext system() {
    return RequestContext.of(UserInfo.of("system:apiserver", "system:masters"), "kube-apiserver");
  }

  @Override
  public void close() {
    closed = true;
    Registry.Watch first = registrations;
    Registry.Watch second = definitions;
    if (first != null) {
      first.close();
    }
    if (second != null) {
      second.close();
    }
    wake.release();
  }
}
