package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.Meta;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.strategy.AddressObjects;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The IPAddress objects that say which Service has a cluster IP. One is written while its Service
 * is, so that both share the store's next fsync.
 */
public final class AddressWriter implements AddressObjects {

  private static final Logger LOG = LoggerFactory.getLogger(AddressWriter.class);

  private final RegistryConfig config;
  private final ObjectStore objects;
  private final Supplier<Resource> ipAddresses;

  public AddressWriter(RegistryConfig config, ObjectStore objects, Supplier<Resource> ipAddresses) {
    this.config = config;
    this.objects = objects;
    this.ipAddresses = ipAddresses;
  }

  @Override
  public Future<?> create(String ip, String service, Instant now) {
    FutureTask<Void> task = new FutureTask<>(() -> insert(ip, service, now), null);
    Thread unused = Thread.startVirtualThread(task);
    return task;
  }

  private void insert(String ip, String service, Instant now) {
    Resource resource = ipAddresses.get();
    ObjectNode object = object(ip, service);
    Meta.of(object)
        .put("uid", config.uids().get())
        .put("creationTimestamp", Timestamps.seconds(now));
    config.schemas().recordFields(resource.type(), "", object, null, "kube-apiserver", now);
    try {
      KubeObject unused = objects.insert(resource, "", ip, object);
    } catch (ObjectStore.Exists e) {
      throw new IllegalStateException("the IPAddress " + ip + " exists", e);
    }
  }

  private static ObjectNode object(String ip, String service) {
    int slash = service.indexOf('/');
    ObjectNode object =
        Json.object().put("apiVersion", "networking.k8s.io/v1").put("kind", "IPAddress");
    object
        .putObject("metadata")
        .put("name", ip)
        .putObject("labels")
        .put("ipaddress.kubernetes.io/ip-family", ip.indexOf(':') < 0 ? "IPv4" : "IPv6")
        .put("ipaddress.kubernetes.io/managed-by", "ipallocator.k8s.io");
    object
        .putObject("spec")
        .putObject("parentRef")
        .put("name", service.substring(slash + 1))
        .put("namespace", service.substring(0, slash))
        .put("resource", "services");
    return object;
  }

  @Override
  public void remove(String ip, String service) {
    Resource resource = ipAddresses.get();
    KubeObject object = objects.find(resource, "", ip);
    if (object == null
        || !object.text("spec", "parentRef", "resource").equals("services")
        || !service.equals(
            object.text("spec", "parentRef", "namespace")
                + "/"
                + object.text("spec", "parentRef", "name"))) {
      return;
    }
    try {
      KubeObject unused = objects.remove(resource, object, object.resourceVersion());
    } catch (ObjectStore.Stale e) {
      LOG.debug("the IPAddress {} changed while its Service went", ip);
    }
  }
}
