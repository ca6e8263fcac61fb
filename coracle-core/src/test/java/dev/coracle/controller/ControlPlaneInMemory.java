package dev.coracle.controller;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionChain;
import dev.coracle.admission.plugins.ResourceQuotaAdmission;
import dev.coracle.api.Cidr;
import dev.coracle.api.Clock;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.apiserver.ApiServerConfig;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.rbac.PolicyReconciler;
import dev.coracle.auth.rbac.RbacAuthorizer;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.NodeRanges;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.manager.ControllerManager;
import dev.coracle.controller.manager.Controllers;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.scheduler.Scheduler;
import dev.coracle.store.engine.MemoryStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A whole control plane in this process, without sockets: memory store, registry, filter chain with
 * RBAC and quotas, all controllers and the scheduler; and nodes whose Pods run at once, in name
 * only, unless their image is {@link #UNREADY} or {@link #PENDING}. For stories of controllers,
 * with a clock of the test's own if it wants one. What {@code coracle up} gives, with its HTTPS
 * door, admission and files, is {@code dev.coracle.cluster.TestCluster}.
 */
public final class ControlPlaneInMemory implements AutoCloseable {

  /** The image of a Pod that runs, but never becomes ready by itself. */
  public static final String UNREADY = "unready";

  /** The image of a Pod that is never started. */
  public static final String PENDING = "pending";

  private static final UserInfo ADMIN =
      UserInfo.of("admin", "system:masters", "system:authenticated");

  private final SystemClock machineClock = new SystemClock();
  private final ApiServer server;
  private final Client admin;
  private final InformerFactory ownInformers;
  private final InformerFactory managerInformers;
  private final InformerFactory schedulerInformers;
  private Controllers controllers;
  private final Clock clock;
  private Scheduler scheduler;
  private final AtomicInteger namespaces = new AtomicInteger();

  private final StandInKubelets kubelets;

  /** Starts it with the machine's time. */
  public static ControlPlaneInMemory start() {
    return start(new SystemClock());
  }

  /**
   * Starts it; it is all there when this returns.
   *
   * @param clock closed with it, when it is one of the product's
   */
  public static ControlPlaneInMemory start(Clock clock) {
    try {
      return new ControlPlaneInMemory(clock);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private ControlPlaneInMemory(Clock clock) throws InterruptedException {
    this.clock = clock;
    AtomicReference<Authorizer> rbac = new AtomicReference<>();
    Authorizer authorizer =
        attributes ->
            attributes.user().groups().contains("system:masters")
                ? Authorizer.Answer.ALLOW
                : rbac.get().authorize(attributes);
    AtomicReference<Client> self = new AtomicReference<>();
    ResourceQuotaAdmission quota = new ResourceQuotaAdmission(self::get, Json.object());
    var registry =
        Registries.open(
            new MemoryStore(),
            RegistryConfig.builder(clock, new SchemaAdapter())
                .admission(new AdmissionChain(List.of(quota)))
                .build());
    Authenticator nobody = request -> new Authenticator.Result.Anonymous();
    server = ApiServer.create(ApiServerConfig.builder(registry).auth(nobody, authorizer).build());
    admin = as(ADMIN);
    self.set(admin);
    ownInformers = new InformerFactory(admin, machineClock);
    RbacAuthorizer real = new RbacAuthorizer(ownInformers);
    for (String namespace : List.of("default", "kube-system", "kube-public", "kube-node-lease")) {
      try {
        apply("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(namespace));
      } catch (StatusException e) {
        if (!e.isAlreadyExists()) {
          throw e;
        }
      }
    }
    new PolicyReconciler(admin).reconcile();
    real.awaitSync();
    rbac.set(real);
    quota.start(ownInformers);
    managerInformers = new InformerFactory(as(user(ControllerManager.IDENTITY)), machineClock);
    schedulerInformers = new InformerFactory(as(user(Scheduler.IDENTITY)), machineClock);
    controllers = startControllers();
    scheduler = startScheduler();
    kubelets = new StandInKubelets(admin, ownInformers, clock);
    kubelets.start();
    controllers.awaitStarted();
  }

  private Controllers startControllers() {
    return Controllers.start(
        new Controllers.Config(
            name -> as(user(name)),
            managerInformers,
            clock,
            () -> "CA",
            (namespace, account, uid, secret) -> "token-of-" + account,
            true,
            null,
            dev.coracle.client.AddressPool.parse("198.51.100.8/31"),
            new NodeRanges(
                List.of(new NodeRanges.Cluster(Cidr.parse("10.244.0.0/16"), 24)), List.of())));
  }

  private Scheduler startScheduler() {
    return Scheduler.start(
        as(user(Scheduler.IDENTITY)),
        schedulerInformers,
        clock,
        dev.coracle.scheduler.config.SchedulerConfiguration.DEFAULT,
        new dev.coracle.metrics.Metrics());
  }

  /** The scheduler stops, something happens, and another starts: with what the API shows. */
  public void restartScheduler(Runnable meanwhile) {
    scheduler.close();
    try {
      meanwhile.run();
    } finally {
      scheduler = startScheduler();
    }
  }

  /** The controllers stop, something happens, and they start again: with what the API shows. */
  public void restartControllers(Runnable meanwhile) throws InterruptedException {
    controllers.close();
    try {
      meanwhile.run();
    } finally {
      controllers = startControllers();
    }
    controllers.awaitStarted();
  }

  private static UserInfo user(String name) {
    if (name.equals(ControllerManager.API_SERVER)) {
      return ADMIN;
    }
    return name.startsWith("system:serviceaccount:")
        ? UserInfo.of(
            name,
            "system:serviceaccounts",
            "system:serviceaccounts:kube-system",
            "system:authenticated")
        : UserInfo.of(name, "system:authenticated");
  }

  private Client as(UserInfo user) {
    return new Client(server.inMemoryTransport(user));
  }

  public Client admin() {
    return admin;
  }

  /** Itself, when a Ready node for so many Pods was added. */
  public ControlPlaneInMemory withNode(String name, String cpu, int pods) {
    addNode(name, cpu, pods);
    return this;
  }

  /** Adds a Ready node. */
  public void addNode(String name, String cpu, int pods) {
    kubelets.addNode(name, cpu, pods);
  }

  /** The cluster's time, to the second. */
  public Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  /** A node's heart beats again. */
  public void revive(String node) {
    kubelets.revive(node);
  }

  /** Turns a controllable clock in small steps: the controllers hear the nodes' hearts between. */
  public void turn(Duration by) {
    ControllableClock turned = (ControllableClock) clock;
    Duration step = Duration.ofSeconds(10);
    for (Duration left = by; left.isPositive(); left = left.minus(step)) {
      turned.advance(left.compareTo(step) < 0 ? left : step);
      list(Resources.LEASES, "kube-node-lease")
          .forEach(lease -> awaitSeen(Resources.LEASES, lease));
      awaitTold(managerInformers.of(Resources.LEASES));
    }
  }

  /** Waits until an informer's handlers have heard what its cache shows. */
  private static void awaitTold(SharedInformer informer) {
    try {
      informer.awaitSync();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until the controllers' cache shows an object as it was written, or later. */
  public void awaitSeen(GroupVersionResource resource, KubeObject written) {
    awaitSeen(managerInformers.of(resource), written);
  }

  /** As {@link #awaitSeen}, the scheduler's cache. */
  public void awaitSeenByScheduler(GroupVersionResource resource, KubeObject written) {
    awaitSeen(schedulerInformers.of(resource), written);
  }

  private static void awaitSeen(SharedInformer cache, KubeObject written) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              KubeObject seen = cache.get(written.namespace(), written.name());
              return seen != null && seen.resourceVersion() >= written.resourceVersion();
            });
  }

  /** From now on a node's kubelet says nothing any more. */
  public void silence(String node) {
    kubelets.silence(node);
  }

  /** Whether Pods become Ready by themselves; they do at first. */
  public void runPods(boolean run) {
    kubelets.runPods(run);
  }

  /** Says how a Pod is, as its node would. */
  public void setStatus(KubeObject pod, String phase, boolean ready, String address) {
    kubelets.setStatus(pod, phase, ready, address);
  }

  public static ObjectNode yaml(String text) {
    return (ObjectNode) Yaml.read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** Creates an object of YAML. */
  public KubeObject apply(String text) {
    ObjectNode tree = yaml(text);
    String[] parts = tree.path("apiVersion").asText().split("/");
    String kind = tree.path("kind").asText().toLowerCase(java.util.Locale.ROOT);
    GroupVersionResource resource =
        GroupVersionResource.of(
            parts.length == 1 ? "" : parts[0],
            parts[parts.length - 1],
            kind + (kind.endsWith("ss") ? "es" : "s"));
    return admin.create(resource, tree.path("metadata").path("namespace").asText(""), tree);
  }

  /**
   * Defines a kind of {@code example.com/v1}, whose objects may say anything and are scaled by
   * {@code spec.replicas}.
   *
   * @return its resource, which is served when this returns
   */
  public GroupVersionResource define(String kind) {
    String singular = kind.toLowerCase(java.util.Locale.ROOT);
    String plural = singular + "s";
    KubeObject unused =
        apply(
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: %s.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {plural: %s, singular: %s, kind: %s}
              versions:
              - name: v1
                served: true
                storage: true
                subresources: {scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            """
                .formatted(plural, plural, singular, kind));
    return GroupVersionResource.of("example.com", "v1", plural);
  }

  public List<KubeObject> list(GroupVersionResource resource, String namespace) {
    return admin.list(resource, namespace, ListOptions.ALL).items();
  }

  /** A namespace that nobody else uses. */
  public String namespace() {
    return apply(
            "{apiVersion: v1, kind: Namespace, metadata: {name: story-%d}}"
                .formatted(namespaces.incrementAndGet()))
        .name();
  }

  /** Merges JSON (or YAML's flow form) into an object. */
  public KubeObject change(
      GroupVersionResource resource, String namespace, String name, String patch) {
    return admin.patch(
        resource, namespace, name, "", PatchType.MERGE, yaml(patch), WriteOptions.NONE);
  }

  /** As {@link #change}, of the status. */
  public KubeObject changeStatus(
      GroupVersionResource resource, String namespace, String name, String patch) {
    return admin.patch(
        resource, namespace, name, "status", PatchType.MERGE, yaml(patch), WriteOptions.NONE);
  }

  /** What was told of an object, each as {@code Reason: message}. */
  public List<String> events(String namespace, String name) {
    return list(GroupVersionResource.core("events"), namespace.isEmpty() ? "default" : namespace)
        .stream()
        .filter(event -> event.text("involvedObject", "name").equals(name))
        .map(event -> event.text("reason") + ": " + event.text("message"))
        .toList();
  }

  /** Waits until an event was told. */
  public void awaitEvent(String namespace, String name, String event) {
    await(event).until(() -> events(namespace, name).contains(event));
  }

  /** Waits until there is no such object. */
  public void awaitGone(GroupVersionResource resource, String namespace, String name) {
    await(name + " is gone").until(() -> admin.find(resource, namespace, name) == null);
  }

  /** Waits until an object is as it should be. */
  public KubeObject awaitObject(
      GroupVersionResource resource, String namespace, String name, Predicate<KubeObject> good) {
    AtomicReference<KubeObject> last = new AtomicReference<>();
    try {
      await(resource.resource() + " " + name)
          .pollInterval(Duration.ofMillis(10))
          .until(
              () -> {
                KubeObject object = admin.find(resource, namespace, name);
                last.set(object);
                return object != null && good.test(object);
              });
    } catch (ConditionTimeoutException e) {
      StringBuilder text = new StringBuilder(String.valueOf(last.get()));
      if (last.get() != null) {
        text.append('\n').append(last.get().tree());
      }
      for (KubeObject event : list(GroupVersionResource.core("events"), namespace)) {
        text.append('\n')
            .append(event.text("involvedObject", "name"))
            .append(": ")
            .append(event.text("reason"))
            .append(": ")
            .append(event.text("message"));
      }
      throw new AssertionError(text.toString(), e);
    }
    return last.get();
  }

  @Override
  public void close() {
    kubelets.stop();
    scheduler.close();
    controllers.close();
    managerInformers.close();
    schedulerInformers.close();
    ownInformers.close();
    server.close();
    machineClock.close();
    switch (clock) {
      case SystemClock running -> running.close();
      case ControllableClock turned -> turned.close();
      default -> {}
    }
  }
}
