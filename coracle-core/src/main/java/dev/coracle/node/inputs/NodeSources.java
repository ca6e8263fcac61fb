package dev.coracle.node.inputs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.PodReferences;
import dev.coracle.client.SharedInformer;
import dev.coracle.node.downward.ServiceVariables;
import dev.coracle.node.volumes.VolumeSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What Pods refer to, current in memory: a ConfigMap or Secret is watched, alone, for as long as a
 * Pod of this node refers to it, which is also as long as the API server lets the node read it.
 * What the cache does not have is asked for once more at the server, so that a Pod made right after
 * its ConfigMap finds it.
 */
public final class NodeSources implements VolumeSource {

  public static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  public static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource SECRETS = GroupVersionResource.core("secrets");
  private static final GroupVersionResource SERVICES = GroupVersionResource.core("services");
  private static final GroupVersionResource SERVICE_ACCOUNTS =
      GroupVersionResource.core("serviceaccounts");

  private final NodeConfig config;
  private final Consumer<KubeObject> changed;

  /** One ConfigMap or Secret. */
  private record Reference(GroupVersionResource resource, String namespace, String name) {
    ListOptions selection() {
      return ListOptions.ALL.withFieldSelector("metadata.name=" + name);
    }
  }

  private final Map<Reference, SharedInformer> watched = new HashMap<>();
  private final Map<String, Set<Reference>> references = new HashMap<>();
  private volatile @Nullable SharedInformer services;
  private volatile JsonNode allocatable = Json.object();

  /**
   * @param changed told of every change of a ConfigMap or Secret that is watched
   */
  public NodeSources(NodeConfig config, Consumer<KubeObject> changed) {
    this.config = config;
    this.changed = changed;
  }

  public void allocatable(JsonNode resources) {
    allocatable = resources;
  }

  /** A Pod of this node refers to what it says now. */
  public void register(KubeObject pod) {
    Set<Reference> needed = new HashSet<>();
    JsonNode tree = pod.tree();
    PodReferences.configMaps(tree)
        .forEach(name -> needed.add(new Reference(CONFIG_MAPS, pod.namespace(), name)));
    PodReferences.secrets(tree)
        .forEach(name -> needed.add(new Reference(SECRETS, pod.namespace(), name)));
    synchronized (watched) {
      references.put(pod.uid(), needed);
    }
  }

  /** A Pod is gone: nothing is watched for it alone. */
  public void unregister(KubeObject pod) {
    synchronized (watched) {
      Set<Reference> needed = references.remove(pod.uid());
      if (needed == null) {
        return;
      }
      for (Reference reference : needed) {
        boolean needless = references.values().stream().noneMatch(all -> all.contains(reference));
        if (needless && watched.remove(reference) != null) {
          config
              .informers()
              .stop(reference.resource(), reference.namespace(), reference.selection());
        }
      }
    }
  }

  private @Nullable KubeObject find(GroupVersionResource resource, String namespace, String name) {
    Reference reference = new Reference(resource, namespace, name);
    SharedInformer informer;
    synchronized (watched) {
      informer = watched.get(reference);
      boolean needed = references.values().stream().anyMatch(all -> all.contains(reference));
      if (informer == null && needed) {
        informer = config.informers().of(resource, namespace, reference.selection());
        informer.addHandler(SharedInformer.each(changed));
        watched.put(reference, informer);
      }
    }
    KubeObject cached = informer == null ? null : informer.get(namespace, name);
    return cached != null ? cached : config.client().find(resource, namespace, name);
  }

  private SharedInformer services() {
    SharedInformer known = services;
    if (known == null) {
      known = config.informers().of(SERVICES);
      try {
        known.awaitSync();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      services = known;
    }
    return known;
  }

  @Override
  public @Nullable KubeObject configMap(String namespace, String name) {
    return find(CONFIG_MAPS, namespace, name);
  }

  @Override
  public @Nullable KubeObject secret(String namespace, String name) {
    return find(SECRETS, namespace, name);
  }

  @Override
  public @Nullable KubeObject persistentVolumeClaim(String namespace, String name) {
    return config
        .client()
        .find(GroupVersionResource.core("persistentvolumeclaims"), namespace, name);
  }

  @Override
  public @Nullable KubeObject persistentVolume(String name) {
    return config.client().find(GroupVersionResource.core("persistentvolumes"), "", name);
  }

  @Override
  public JsonNode allocatable() {
    return allocatable;
  }

  @Override
  public Token token(KubeObject pod, String audience, long expirationSeconds) {
    ObjectNode request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    ObjectNode spec = request.putObject("spec");
    if (!audience.isEmpty()) {
      spec.putArray("audiences").add(audience);
    }
    spec.put("expirationSeconds", expirationSeconds);
    spec.putObject("boundObjectRef")
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("name", pod.name())
        .put("uid", pod.uid());
    String account = pod.text("spec", "serviceAccountName");
    Instant now = now();
    try {
      KubeObject answer =
          config
              .client()
              .createSubresource(
                  SERVICE_ACCOUNTS,
                  pod.namespace(),
                  account.isEmpty() ? "default" : account,
                  "token",
                  request);
      Instant expires = Timestamps.parse(answer.text("status", "expirationTimestamp"));
      return new Token(
          answer.text("status", "token"),
          now,
          expires == null ? now.plusSeconds(expirationSeconds) : expires);
    } catch (StatusException e) {
      throw new IllegalArgumentException("failed to fetch token: " + e.getMessage());
    }
  }

  @Override
  public Instant now() {
    return config.clock().instant();
  }

  /** The Service variables of a namespace's Pods; {@code kubernetes} always. */
  public Map<String, String> serviceVariables(String namespace, boolean links) {
    SharedInformer known = services();
    List<KubeObject> wanted = new ArrayList<>();
    KubeObject master = known.get("default", "kubernetes");
    if (master == null) {
      master = config.client().find(SERVICES, "default", "kubernetes");
    }
    if (master != null) {
      wanted.add(master);
    }
    if (links) {
      for (KubeObject service : known.list(namespace)) {
        if (!service.name().equals("kubernetes") || !namespace.equals("default")) {
          wanted.add(service);
        }
      }
    }
    Map<String, String> variables = new LinkedHashMap<>();
    ServiceVariables.add(variables, wanted);
    return variables;
  }
}
