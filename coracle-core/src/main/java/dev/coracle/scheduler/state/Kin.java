package dev.coracle.scheduler.state;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which Pods are a Pod's kind: those that its Services select, and its ReplicationController,
 * ReplicaSet or StatefulSet. Selectors are read once. One thread asks.
 */
public final class Kin {

  private static final int REMEMBERED = 4096;

  private final SharedInformer services;
  private final Map<String, SharedInformer> owners = new HashMap<>();
  private final Map<String, Map<String, Map<String, String>>> selectors = new ConcurrentHashMap<>();

  /** What Services and ReplicationControllers select by, and a set beside them. */
  private record Kind(String namespace, Map<String, String> labels, String owner) {}

  /** The selectors of ReplicaSets and StatefulSets, which never change, by uid. */
  private final Map<String, LabelSelector> known = memory();

  /** One instance for each kind, which nodes count by. */
  private final Map<Kind, LabelSelector> kinds = memory();

  private static <K> Map<K, LabelSelector> memory() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, LabelSelector> eldest) {
        return size() > REMEMBERED;
      }
    };
  }

  public Kin(Informers informers) {
    services = informers.of(GroupVersionResource.core("services"));
    owners.put(
        "v1/ReplicationController",
        informers.of(GroupVersionResource.core("replicationcontrollers")));
    owners.put(
        "apps/v1/ReplicaSet", informers.of(GroupVersionResource.of("apps", "v1", "replicasets")));
    owners.put(
        "apps/v1/StatefulSet", informers.of(GroupVersionResource.of("apps", "v1", "statefulsets")));
  }

  public SharedInformer.Registration start() throws InterruptedException {
    SharedInformer.Registration registration = services.addHandler(new Services());
    services.awaitSync();
    for (SharedInformer owner : owners.values()) {
      owner.awaitSync();
    }
    return registration;
  }

  private final class Services implements SharedInformer.Handler {
    @Override
    public void added(KubeObject service) {
      Map<String, String> selector = new TreeMap<>();
      for (Map.Entry<String, JsonNode> label : service.at("spec", "selector").properties()) {
        selector.put(label.getKey(), label.getValue().asText());
      }
      if (selector.isEmpty()) {
        deleted(service);
      } else {
        selectors
            .computeIfAbsent(service.namespace(), namespace -> new ConcurrentHashMap<>())
            .put(service.name(), selector);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      added(now);
    }

    @Override
    public void deleted(KubeObject last) {
      selectors.computeIfPresent(
          last.namespace(),
          (namespace, ofNamespace) -> {
            ofNamespace.remove(last.name());
            return ofNamespace.isEmpty() ? null : ofNamespace;
          });
    }
  }

  /** Everything when it has none of these. */
  LabelSelector of(KubeObject pod) {
    Map<String, String> labels = new TreeMap<>();
    for (Map<String, String> selector :
        selectors.getOrDefault(pod.namespace(), Map.of()).values()) {
      if (pod.labels().entrySet().containsAll(selector.entrySet())) {
        labels.putAll(selector);
      }
    }
    LabelSelector ofOwner = ofOwner(pod, labels);
    if (labels.isEmpty()) {
      return ofOwner == null ? LabelSelector.EVERYTHING : ofOwner;
    }
    OwnerReference owner = ofOwner == null ? null : pod.controllerRef();
    return kinds.computeIfAbsent(
        new Kind(pod.namespace(), labels, owner == null ? "" : owner.uid()),
        kind -> {
          LabelSelector ofServices = LabelSelector.ofLabels(labels);
          return ofOwner == null ? ofServices : ofServices.and(ofOwner);
        });
  }

  /**
   * @param labels takes what a ReplicationController selects by
   */
  private @Nullable LabelSelector ofOwner(KubeObject pod, Map<String, String> labels) {
    OwnerReference reference = pod.controllerRef();
    SharedInformer informer =
        reference == null ? null : owners.get(reference.apiVersion() + "/" + reference.kind());
    if (reference == null || informer == null) {
      return null;
    }
    LabelSelector remembered = known.get(reference.uid());
    if (remembered != null) {
      return remembered;
    }
    KubeObject owner = informer.get(pod.namespace(), reference.name());
    if (owner == null) {
      return null;
    }
    JsonNode selector = owner.at("spec", "selector");
    if (reference.kind().equals("ReplicationController")) {
      selector.properties().forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
      return null;
    }
    LabelSelector read = LabelSelector.of(selector);
    known.put(reference.uid(), read);
    return read;
  }
}
