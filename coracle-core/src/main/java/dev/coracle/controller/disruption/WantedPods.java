package dev.coracle.controller.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Resources;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many Pods the controllers of some Pods want together: known kinds by their caches, all others
 * by their {@code scale} subresource.
 */
final class WantedPods {

  /**
   * @param count without the Pods that no controller manages
   * @param unmanaged whether there are such Pods
   */
  record Sum(int count, boolean unmanaged) {}

  /** Nobody can say how many Pods are wanted. */
  static final class UnknownException extends Exception {
    private static final long serialVersionUID = 1L;

    UnknownException(String message) {
      super(message);
    }
  }

  private record Scale(String uid, int replicas) {}

  private final Client client;
  private final SharedInformer replicationControllers;
  private final SharedInformer replicaSets;
  private final SharedInformer deployments;
  private final SharedInformer statefulSets;

  WantedPods(Client client, Informers informers) {
    this.client = client;
    this.replicationControllers = informers.of(Resources.REPLICATION_CONTROLLERS);
    this.replicaSets = informers.of(Resources.REPLICA_SETS);
    this.deployments = informers.of(Resources.DEPLOYMENTS);
    this.statefulSets = informers.of(Resources.STATEFUL_SETS);
  }

  List<SharedInformer> informers() {
    return List.of(replicationControllers, replicaSets, deployments, statefulSets);
  }

  Sum of(List<KubeObject> pods) throws UnknownException {
    Map<String, Integer> wanted = new HashMap<>();
    boolean unmanaged = false;
    for (KubeObject pod : pods) {
      OwnerReference controller = pod.controllerRef();
      if (controller == null) {
        unmanaged = true;
      } else if (!wanted.containsKey(controller.uid())) {
        Scale scale = find(controller, pod.namespace());
        if (scale == null) {
          throw new UnknownException("found no controllers for pod \"" + pod.name() + "\"");
        }
        wanted.put(scale.uid(), scale.replicas());
      }
    }
    return new Sum(wanted.values().stream().mapToInt(n -> n).sum(), unmanaged);
  }

  private @Nullable Scale find(OwnerReference reference, String namespace) throws UnknownException {
    Scale cached =
        switch (group(reference) + "/" + reference.kind()) {
          case "/ReplicationController" -> cached(replicationControllers, reference, namespace);
          case "apps/StatefulSet" -> cached(statefulSets, reference, namespace);
          case "apps/ReplicaSet" -> ofReplicaSet(reference, namespace);
          default -> null;
        };
    return cached != null ? cached : ofSubresource(reference, namespace);
  }

  private static String group(OwnerReference reference) {
    int slash = reference.apiVersion().indexOf('/');
    return slash < 0 ? "" : reference.apiVersion().substring(0, slash);
  }

  private static @Nullable KubeObject owner(
      SharedInformer informer, OwnerReference reference, String namespace) {
    KubeObject owner = informer.get(namespace, reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }

  private static @Nullable Scale cached(
      SharedInformer informer, OwnerReference reference, String namespace) {
    KubeObject owner = owner(informer, reference, namespace);
    return owner == null ? null : scale(owner);
  }

  private static Scale scale(KubeObject owner) {
    return new Scale(owner.uid(), owner.at("spec", "replicas").asInt(1));
  }

  /** A Deployment speaks for its ReplicaSets. */
  private @Nullable Scale ofReplicaSet(OwnerReference reference, String namespace) {
    KubeObject replicaSet = owner(replicaSets, reference, namespace);
    OwnerReference above = replicaSet == null ? null : replicaSet.controllerRef();
    if (replicaSet == null) {
      return null;
    }
    return above != null && above.kind().equals("Deployment")
        ? cached(deployments, above, namespace)
        : scale(replicaSet);
  }

  private @Nullable Scale ofSubresource(OwnerReference reference, String namespace)
      throws UnknownException {
    String group = group(reference);
    JsonNode served;
    try {
      served =
          client
              .transport()
              .read((group.isEmpty() ? "/api/" : "/apis/") + reference.apiVersion())
              .path("resources");
    } catch (StatusException e) {
      throw noMatch(reference);
    }
    GroupVersionResource resource = null;
    boolean scales = false;
    String version = reference.apiVersion().substring(reference.apiVersion().indexOf('/') + 1);
    for (JsonNode each : served) {
      String name = each.path("name").asText();
      if (name.indexOf('/') < 0 && each.path("kind").asText().equals(reference.kind())) {
        resource = GroupVersionResource.of(group, version, name);
      }
    }
    if (resource == null) {
      throw noMatch(reference);
    }
    for (JsonNode each : served) {
      scales |=
          each.path("name").asText().equals(resource.resource() + "/scale")
              && each.path("kind").asText().equals("Scale");
    }
    if (!scales) {
      throw new UnknownException(
          resource.qualified() + " does not implement the scale subresource");
    }
    try {
      KubeObject scale = client.getSubresource(resource, namespace, reference.name(), "scale");
      return scale.uid().equals(reference.uid())
          ? new Scale(scale.uid(), scale.at("spec", "replicas").asInt())
          : null;
    } catch (StatusException e) {
      if (e.isNotFound()) {
        return null;
      }
      throw new UnknownException(e.status().message());
    }
  }

  private static UnknownException noMatch(OwnerReference reference) {
    return new UnknownException(
        "no matches for kind \"%s\" in version \"%s\""
            .formatted(reference.kind(), reference.apiVersion()));
  }
}
