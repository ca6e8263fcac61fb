package dev.coracle.cluster.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.auth.rbac.PolicyReconciler;
import dev.coracle.client.Client;
import dev.coracle.client.storage.LocalPath;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.StorageClasses;
import dev.coracle.registry.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The objects that every cluster has from its first moment: made if they are missing. */
public final class Bootstrap {

  private final Client client;

  public Bootstrap(Client client) {
    this.client = client;
  }

  /**
   * What every cluster has. An empty store takes it as it was made ready for the first cluster of
   * this JVM; what is missing in another is made by requests, as Kubernetes makes it.
   *
   * @param empty takes all of it at once; null when each has to be a request, since somebody may
   *     want to see or to decide them
   */
  public void base(@Nullable Consumer<List<Seed>> empty) throws InterruptedException {
    if (empty != null
        && client
            .list(GroupVersionResource.core("namespaces"), "", ListOptions.ALL)
            .items()
            .isEmpty()) {
      empty.accept(FirstObjects.forNewCluster());
      return;
    }
    together(tasks(FirstObjects.namespaces()));
    List<Runnable> tasks = tasks(FirstObjects.besidesPolicy());
    tasks.add(
        () -> {
          try {
            new PolicyReconciler(client).reconcile();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    together(tasks);
  }

  private List<Runnable> tasks(List<FirstObjects.Item> items) {
    List<Runnable> tasks = new ArrayList<>();
    items.forEach(item -> tasks.add(() -> put(item)));
    return tasks;
  }

  private void put(FirstObjects.Item item) {
    put(item.resource(), item.namespace(), item.object(), item.kept());
  }

  /**
   * The class of volumes on the nodes themselves, which claims get that name none, and the rights
   * of its provisioner. A class that is there already stays as it is.
   */
  public void localStorage() {
    ArrayNode rules = Json.array();
    FirstObjects.rule(rules, "", "persistentvolumeclaims", "get", "list", "watch", "update");
    FirstObjects.rule(rules, "", "persistentvolumes", "get", "list", "watch", "create", "delete");
    FirstObjects.rule(rules, "", "nodes", "get", "list", "watch");
    FirstObjects.rule(rules, "", "events", "create", "patch", "update");
    FirstObjects.rule(rules, "storage.k8s.io", "storageclasses", "get", "list", "watch");
    FirstObjects.rights("local-path-provisioner", rules).forEach(this::put);
    ObjectNode standard = FirstObjects.object("storage.k8s.io/v1", "StorageClass", "", "standard");
    StorageAnnotations.put(standard, StorageClasses.IS_DEFAULT, "true");
    standard
        .put("provisioner", LocalPath.PROVISIONER)
        .put("reclaimPolicy", "Delete")
        .put("volumeBindingMode", "WaitForFirstConsumer")
        .put("allowVolumeExpansion", true);
    put(GroupVersionResource.of("storage.k8s.io", "v1", "storageclasses"), "", standard, false);
  }

  /**
   * What extension servers read to know whom to believe: {@code extension-apiserver-authentication}
   * of {@code kube-system}.
   */
  public void extensionAuthentication(Map<String, String> content) {
    ObjectNode map =
        FirstObjects.object("v1", "ConfigMap", "kube-system", "extension-apiserver-authentication");
    ObjectNode data = map.putObject("data");
    content.forEach(data::put);
    put(GroupVersionResource.core("configmaps"), "kube-system", map, true);
  }

  /**
   * The ServiceCIDR {@code kubernetes}, ready: where the addresses of Services come from; KEP-1880.
   */
  public void serviceCidr(String cidr) {
    GroupVersionResource resource =
        GroupVersionResource.of("networking.k8s.io", "v1", "servicecidrs");
    if (client.find(resource, "", "kubernetes") != null) {
      return;
    }
    ObjectNode object =
        FirstObjects.object("networking.k8s.io/v1", "ServiceCIDR", "", "kubernetes");
    object
        .withObject("/metadata")
        .putArray("finalizers")
        .add("networking.k8s.io/service-cidr-finalizer");
    object.putObject("spec").putArray("cidrs").add(cidr);
    KubeObject created = client.create(resource, "", object);
    ObjectNode status = created.mutableTree();
    status
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", "True")
        .put("reason", "")
        .put("message", "Kubernetes Service CIDR is ready")
        .put("lastTransitionTime", created.at("metadata", "creationTimestamp").asText());
    client.updateStatus(resource, "", "kubernetes", status);
  }

  /**
   * The {@code kubernetes} Service and where it leads.
   *
   * @param clusterIp the first address of the Services' range
   */
  public void kubernetesService(String clusterIp, String address, int port) {
    ObjectNode service = FirstObjects.object("v1", "Service", "default", "kubernetes");
    labels(service).put("component", "apiserver").put("provider", "kubernetes");
    ObjectNode spec =
        service.putObject("spec").put("clusterIP", clusterIp).put("type", "ClusterIP");
    spec.putArray("ports")
        .addObject()
        .put("name", "https")
        .put("port", 443)
        .put("protocol", "TCP")
        .put("targetPort", port);
    put(GroupVersionResource.core("services"), "default", service, false);
    // Endpoints may not be loopback addresses: a server that is only there has none, as upstream.
    if (!address.startsWith("127.")) {
      endpoints("default", "kubernetes", address, "https", port, List.of("TCP"));
    }
  }

  /** The {@code kube-dns} Service; the cluster DNS answers there for UDP and TCP. */
  public void dnsService(String clusterIp, String address, int port) {
    ObjectNode service = FirstObjects.object("v1", "Service", "kube-system", "kube-dns");
    labels(service)
        .put("k8s-app", "kube-dns")
        .put("kubernetes.io/cluster-service", "true")
        .put("kubernetes.io/name", "CoreDNS");
    ObjectNode spec =
        service.putObject("spec").put("clusterIP", clusterIp).put("type", "ClusterIP");
    var ports = spec.putArray("ports");
    ports
        .addObject()
        .put("name", "dns")
        .put("port", 53)
        .put("protocol", "UDP")
        .put("targetPort", port);
    ports
        .addObject()
        .put("name", "dns-tcp")
        .put("port", 53)
        .put("protocol", "TCP")
        .put("targetPort", port);
    put(GroupVersionResource.core("services"), "kube-system", service, false);
    endpoints("kube-system", "kube-dns", address, "dns", port, List.of("UDP", "TCP"));
  }

  /**
   * Endpoints and EndpointSlice of a Service without a selector: brought up to date at each start.
   */
  private void endpoints(
      String namespace,
      String name,
      String address,
      String portName,
      int port,
      List<String> protocols) {
    ObjectNode endpoints = FirstObjects.object("v1", "Endpoints", namespace, name);
    labels(endpoints).put("endpointslice.kubernetes.io/skip-mirror", "true");
    ObjectNode subset = endpoints.putArray("subsets").addObject();
    subset.putArray("addresses").addObject().put("ip", address);
    ObjectNode slice = FirstObjects.object("discovery.k8s.io/v1", "EndpointSlice", namespace, name);
    labels(slice).put("kubernetes.io/service-name", name);
    slice.put("addressType", "IPv4");
    ObjectNode endpoint = slice.putArray("endpoints").addObject();
    endpoint.putArray("addresses").add(address);
    endpoint.putObject("conditions").put("ready", true);
    var ports = slice.putArray("ports");
    var subsetPorts = subset.putArray("ports");
    for (String protocol : protocols) {
      String its = protocols.size() > 1 && protocol.equals("TCP") ? portName + "-tcp" : portName;
      ports.addObject().put("name", its).put("port", port).put("protocol", protocol);
      subsetPorts.addObject().put("name", its).put("port", port).put("protocol", protocol);
    }
    put(GroupVersionResource.core("endpoints"), namespace, endpoints, true);
    put(
        GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices"),
        namespace,
        slice,
        true);
  }

  /**
   * Makes this machine's Node anew, with all that users said of it, when it says another range for
   * its Pods than they get now: the range of a Node can't be changed.
   */
  public void nodeRange(String name, String podCidr) {
    GroupVersionResource nodes = GroupVersionResource.core("nodes");
    KubeObject node = client.find(nodes, "", name);
    if (node == null || node.text("spec", "podCIDR").equals(podCidr)) {
      return;
    }
    ObjectNode tree = node.mutableTree();
    tree.withObject("/spec").put("podCIDR", podCidr).putArray("podCIDRs").add(podCidr);
    tree.withObject("/metadata").remove(List.of("uid", "resourceVersion", "creationTimestamp"));
    client.delete(nodes, "", name, DeleteOptions.uid(node.uid()));
    KubeObject unused = client.create(nodes, "", tree);
  }

  private static ObjectNode labels(ObjectNode object) {
    return object.withObject("/metadata/labels");
  }

  private void put(
      GroupVersionResource resource, String namespace, ObjectNode object, boolean update) {
    String name = object.path("metadata").path("name").asText();
    KubeObject current = client.find(resource, namespace, name);
    if (current == null) {
      try {
        client.create(resource, namespace, object);
      } catch (StatusException e) {
        if (!e.isAlreadyExists()) {
          throw e;
        }
      }
    } else if (update) {
      ObjectNode next = current.mutableTree();
      boolean same = true;
      for (var field : object.properties()) {
        if (!field.getKey().equals("metadata")
            && !field.getValue().equals(next.get(field.getKey()))) {
          next.set(field.getKey(), field.getValue());
          same = false;
        }
      }
      if (!same) {
        client.update(resource, namespace, name, next);
      }
    }
  }

  private static void together(List<Runnable> tasks) throws InterruptedException {
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      tasks.forEach(task -> running.add(workers.submit(task)));
      for (Future<?> one : running) {
        one.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
