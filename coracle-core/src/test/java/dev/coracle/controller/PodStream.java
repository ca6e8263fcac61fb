package dev.coracle.controller;

import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.client.Client;
import dev.coracle.client.Transport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Watches the Pods of a namespace: every event must show each workload within its bounds, from the
 * first time that it was complete. A Pod's workload is what its label {@code workload} says.
 */
public final class PodStream implements AutoCloseable {

  public static final String LABEL = "workload";

  /** What the stream has shown of one workload. */
  public static final class Bounds {
    private final String name;
    private final int wanted;
    private final int least;
    private final int most;
    private final Function<KubeObject, String> place;
    private final Map<String, KubeObject> pods = new HashMap<>();
    private boolean complete;
    private int fewestSeen = Integer.MAX_VALUE;
    private int mostSeen;

    private Bounds(
        String name, int wanted, int least, int most, Function<KubeObject, String> place) {
      this.name = name;
      this.wanted = wanted;
      this.least = least;
      this.most = most;
      this.place = place;
    }

    /** Whether it ever had more Pods than it wants. */
    public boolean surged() {
      return mostSeen > wanted;
    }

    /** Whether it ever had fewer available Pods than it wants. */
    public boolean wasShort() {
      return fewestSeen < wanted;
    }

    private String take(WatchEvent event) {
      KubeObject pod = event.object();
      if (event.type() == WatchEvent.Type.DELETED) {
        pods.remove(pod.uid());
      } else {
        pods.put(pod.uid(), pod);
      }
      List<KubeObject> living = pods.values().stream().filter(p -> !p.isDeleting()).toList();
      long available = living.stream().filter(Pods::isReady).map(place).distinct().count();
      complete |= available == wanted;
      if (!complete) {
        return "";
      }
      fewestSeen = Math.min(fewestSeen, (int) available);
      mostSeen = Math.max(mostSeen, living.size());
      if (available < least) {
        return name + ": only " + available + " of " + wanted + " available, least " + least;
      }
      return living.size() > most ? name + ": " + living.size() + " Pods, most " + most : "";
    }
  }

  private final Map<String, Bounds> expected = new LinkedHashMap<>();
  private final List<String> broken = new ArrayList<>();
  private final Transport.Watch watch;

  public PodStream(Client client, String namespace) {
    ListOptions now =
        ListOptions.ALL.withResourceVersion(
            String.valueOf(
                client.list(Resources.PODS, namespace, ListOptions.ALL).resourceVersion()));
    watch =
        client.watch(
            Resources.PODS,
            namespace,
            now,
            new Transport.WatchHandler() {
              @Override
              public void event(WatchEvent event) {
                take(event);
              }

              @Override
              public void ended(StatusException cause) {}
            });
  }

  /**
   * Expects bounds of a workload that doesn't exist yet.
   *
   * @param least available Pods
   * @param most Pods that are not being deleted
   */
  public synchronized void expect(String name, int wanted, int least, int most) {
    expected.put(name, new Bounds(name, wanted, least, most, KubeObject::uid));
  }

  /** As {@link #expect}, where available means a node with an available Pod. */
  public synchronized void expectByNode(String name, int wanted, int least, int most) {
    expected.put(name, new Bounds(name, wanted, least, most, Pods::nodeName));
  }

  private synchronized void take(WatchEvent event) {
    Bounds bounds = expected.get(event.object().labels().getOrDefault(LABEL, ""));
    String breach = bounds == null ? "" : bounds.take(event);
    if (!breach.isEmpty()) {
      broken.add(breach);
    }
  }

  /** Whether every workload was complete once. */
  public synchronized boolean allComplete() {
    return expected.values().stream().allMatch(bounds -> bounds.complete);
  }

  public synchronized List<String> broken() {
    return List.copyOf(broken);
  }

  public synchronized List<Bounds> bounds() {
    return List.copyOf(expected.values());
  }

  @Override
  public void close() {
    watch.close();
  }
}
