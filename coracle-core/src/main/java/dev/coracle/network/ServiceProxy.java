package dev.coracle.network;

import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.client.AddressPool;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.views.EndpointSlice;
import dev.coracle.client.views.Service;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the nftables table as Services and EndpointSlices say. Changes that come together are
 * written together; a write that fails is tried again.
 */
public final class ServiceProxy implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceProxy.class);
  private static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final Duration GATHER = Duration.ofMillis(10);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final ServiceRules.Machine machine;
  private final SharedInformer services;
  private final SharedInformer slices;
  private final Clock clock;
  private final AddressPool pool;
  private boolean scheduled;
  private boolean closed;
  private String written = "";
  private Set<String> announced = Set.of();

  private ServiceProxy(
      ServiceRules.Machine machine, AddressPool pool, Informers informers, Clock clock) {
    this.machine = machine;
    this.pool = pool;
    this.clock = clock;
    this.services = informers.of(GroupVersionResource.core("services"));
    this.slices = informers.of(GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices"));
  }

  /**
   * Starts to follow Services; the table is there when this returns.
   *
   * @param nodePortsEverywhere whether node ports answer on all of the machine's addresses
   * @param pool the load balancers' addresses that this machine answers for
   * @throws IOException when the first table can't be written (rights, nft)
   */
  public static ServiceProxy start(
      PodBridge bridge,
      boolean nodePortsEverywhere,
      AddressPool pool,
      Informers informers,
      Clock clock)
      throws IOException {
    ServiceRules.Machine machine =
        new ServiceRules.Machine(
            tableName(bridge.id()),
            bridge.bridge(),
            bridge.gateway(),
            bridge.network(),
            nodePortsEverywhere);
    ServiceProxy proxy = new ServiceProxy(machine, pool, informers, clock);
    Tool.run(ServiceRules.render(machine, List.of(), Map.of()), "nft", "-f", "-");
    proxy.services.addHandler(SharedInformer.each(changed -> proxy.soon(GATHER)));
    proxy.slices.addHandler(SharedInformer.each(changed -> proxy.soon(GATHER)));
    return proxy;
  }

  static String tableName(String id) {
    return "coracle_" + id;
  }

  /** Removes the tables of a cluster of this name, if there are any. */
  public static void cleanUp(String id) {
    if (PodBridge.obstacle() == null) {
      String tables =
          ServiceRules.dropped(tableName(id)) + ServiceRules.dropped(HostPorts.tableName(id));
      Tool.tryRun(tables, "nft", "-f", "-");
    }
  }

  private synchronized void soon(Duration delay) {
    if (!scheduled && !closed) {
      scheduled = true;
      clock.schedule(delay, this::write);
    }
  }

  private void write() {
    synchronized (this) {
      scheduled = false;
    }
    Map<String, List<EndpointSlice>> byService = new HashMap<>();
    for (KubeObject slice : slices.list("")) {
      String service = slice.labels().get(SERVICE_NAME);
      if (service != null) {
        byService
            .computeIfAbsent(slice.namespace() + "/" + service, key -> new ArrayList<>())
            .add(EndpointSlice.of(slice));
      }
    }
    List<Service> all = services.list("").stream().map(Service::of).toList();
    String text = ServiceRules.render(machine, all, byService);
    try {
      apply(text);
      announce(all);
    } catch (IOException e) {
      LOG.warn("Service rules could not be written, trying again: {}", e.getMessage());
      soon(RETRY);
    }
  }

  private synchronized void apply(String text) throws IOException {
    if (!closed && !text.equals(written)) {
      RulesTable.replace(machine.table(), text);
      written = text;
    }
  }

  /**
   * The machine takes the load balancers' addresses for its own, on the Pods' bridge: so its
   * neighbours find them here, and they go with the bridge.
   */
  private synchronized void announce(List<Service> all) throws IOException {
    Set<String> wanted = new TreeSet<>();
    all.forEach(service -> wanted.addAll(ServiceRules.balancers(service)));
    wanted.removeIf(address -> !pool.contains(address));
    if (closed || wanted.equals(announced)) {
      return;
    }
    for (String address : announced) {
      if (!wanted.contains(address)) {
        Tool.tryRun("", "ip", "address", "del", address + "/32", "dev", machine.bridge());
      }
    }
    for (String address : wanted) {
      if (!announced.contains(address)) {
        Tool.run("", "ip", "address", "replace", address + "/32", "dev", machine.bridge());
      }
    }
    announced = Set.copyOf(wanted);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    Tool.tryRun("", "nft", "delete", "table", "ip", machine.table());
  }
}
