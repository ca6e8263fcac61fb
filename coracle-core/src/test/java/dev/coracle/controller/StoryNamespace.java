package dev.coracle.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A namespace of a story's own in a {@link ControlPlaneInMemory}, and what stories do there. */
public final class StoryNamespace {

  private static final GroupVersionResource EVENTS = GroupVersionResource.core("events");

  private final ControlPlaneInMemory cluster;
  private final String name;

  /** Creates it. */
  public StoryNamespace(ControlPlaneInMemory cluster, String name) {
    this.cluster = cluster;
    this.name = name;
    KubeObject unused =
        cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
  }

  public String name() {
    return name;
  }

  /** Where it is. */
  public ControlPlaneInMemory cluster() {
    return cluster;
  }

  /** Creates an object of YAML without a namespace. */
  public KubeObject create(GroupVersionResource resource, String yaml) {
    return cluster.admin().create(resource, name, ControlPlaneInMemory.yaml(yaml));
  }

  public KubeObject get(GroupVersionResource resource, String object) {
    return cluster.admin().get(resource, name, object);
  }

  public List<KubeObject> list(GroupVersionResource resource) {
    return cluster.list(resource, name);
  }

  /** Patches strategically. */
  public KubeObject patch(GroupVersionResource resource, String object, String yaml) {
    return patch(resource, object, "", PatchType.STRATEGIC, yaml);
  }

  public KubeObject patch(
      GroupVersionResource resource,
      String object,
      String subresource,
      PatchType type,
      String yaml) {
    return cluster
        .admin()
        .patch(
            resource,
            name,
            object,
            subresource,
            type,
            ControlPlaneInMemory.yaml(yaml),
            WriteOptions.NONE);
  }

  public KubeObject scale(GroupVersionResource resource, String object, int replicas) {
    return patch(resource, object, "spec: {replicas: " + replicas + "}");
  }

  /** Gives the only container of a template another image. */
  public KubeObject image(GroupVersionResource resource, String object, String image) {
    return patch(
        resource,
        object,
        "spec: {template: {spec: {containers: [{name: main, image: " + image + "}]}}}");
  }

  public void delete(GroupVersionResource resource, String object) {
    cluster.admin().delete(resource, name, object, DeleteOptions.background());
  }

  public void orphan(GroupVersionResource resource, String object) {
    cluster
        .admin()
        .delete(resource, name, object, new DeleteOptions(false, null, "Orphan", null, null));
  }

  /** Evicts a Pod as {@code kubectl drain} does. */
  public void evict(String pod) {
    ObjectNode eviction = Json.object().put("apiVersion", "policy/v1").put("kind", "Eviction");
    eviction.putObject("metadata").put("name", pod).put("namespace", name);
    KubeObject unused =
        cluster.admin().createSubresource(Resources.PODS, name, pod, "eviction", eviction);
  }

  /** The Pods that are not being deleted, by name. */
  public List<KubeObject> pods() {
    return list(Resources.PODS).stream()
        .filter(pod -> !pod.isDeleting())
        .sorted(Comparator.comparing(KubeObject::name))
        .toList();
  }

  public Set<String> uids() {
    return pods().stream().map(KubeObject::uid).collect(Collectors.toSet());
  }

  public static String image(KubeObject pod) {
    return pod.at("spec", "containers").path(0).path("image").asText();
  }

  /** Waits until the living Pods are as they should be. */
  public List<KubeObject> awaitPods(Predicate<List<KubeObject>> good) {
    try {
      Awaitility.await().pollInterval(Duration.ofMillis(10)).until(() -> good.test(pods()));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          pods().stream().map(pod -> pod + " " + pod.tree()).collect(Collectors.joining("\n")), e);
    }
    return pods();
  }

  /** Waits until there are so many Pods, all ready. */
  public List<KubeObject> awaitReady(int count) {
    return awaitPods(pods -> pods.size() == count && pods.stream().allMatch(Pods::isReady));
  }

  public KubeObject await(
      GroupVersionResource resource, String object, Predicate<KubeObject> good) {
    return cluster.awaitObject(resource, name, object, good);
  }

  /** Waits until a workload's status is of its newest generation, and as it should be. */
  public KubeObject awaitObserved(
      GroupVersionResource resource, String object, Predicate<KubeObject> good) {
    return await(
        resource,
        object,
        o -> o.at("status", "observedGeneration").asLong() == o.generation() && good.test(o));
  }

  /** What was told of an object, as {@code Type Reason message}. */
  public List<String> events(String object) {
    return list(EVENTS).stream()
        .filter(event -> event.text("involvedObject", "name").equals(object))
        .map(e -> e.text("type") + " " + e.text("reason") + " " + e.text("message"))
        .toList();
  }

  /** Waits until something was told of an object that contains a text. */
  public void awaitEvent(String object, String text) {
    try {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(10))
          .until(() -> events(object).stream().anyMatch(told -> told.contains(text)));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(text + " is none of " + events(object), e);
    }
  }

  /** Waits until something is so. */
  public static void eventually(Callable<Boolean> condition) {
    Awaitility.await().pollInterval(Duration.ofMillis(10)).until(condition);
  }
}
