package dev.coracle.controller;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SharedInformer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands in for the kubelets of all nodes: their hearts beat, and their Pods run in word only. */
final class StandInKubelets {

  private final Client admin;
  private final InformerFactory informers;
  private final Clock clock;
  private final AtomicInteger addresses = new AtomicInteger();
  private final Set<String> silent = ConcurrentHashMap.newKeySet();
  private volatile Clock.Timer heart;
  private volatile boolean runsPods = true;

  StandInKubelets(Client admin, InformerFactory informers, Clock clock) {
    this.admin = admin;
    this.informers = informers;
    this.clock = clock;
  }

  void start() throws InterruptedException {
    informers.of(Resources.PODS).addHandler(SharedInformer.each(this::run));
    informers.of(Resources.NODES).awaitSync();
    heart = clock.schedule(Duration.ofSeconds(10), this::beat);
  }

  void stop() {
    heart.cancel();
  }

  void runPods(boolean run) {
    runsPods = run;
  }

  /** From now on a node's kubelet says nothing any more. */
  void silence(String node) {
    silent.add(node);
  }

  void revive(String node) {
    silent.remove(node);
  }

  /** Adds a Ready node. */
  void addNode(String name, String cpu, int pods) {
    ObjectNode node =
        ControlPlaneInMemory.yaml(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: %s, labels: {kubernetes.io/hostname: %s}}
            """
                .formatted(name, name));
    admin.create(Resources.NODES, "", node);
    ObjectNode status = Json.object();
    ObjectNode inner = status.putObject("status");
    inner.putObject("allocatable").put("cpu", cpu).put("memory", "64Gi").put("pods", "" + pods);
    inner.putObject("capacity").put("cpu", cpu).put("memory", "64Gi").put("pods", "" + pods);
    ArrayNode conditions = inner.putArray("conditions");
    conditions
        .addObject()
        .put("type", "Ready")
        .put("status", "True")
        .put("lastHeartbeatTime", "2026-01-01T00:00:00Z")
        .put("lastTransitionTime", "2026-01-01T00:00:00Z");
    admin.patch(Resources.NODES, "", name, "status", PatchType.MERGE, status, WriteOptions.NONE);
  }

  /** Says for every node that it lives, as kubelets do, every ten seconds. */
  private void beat() {
    for (KubeObject node : informers.of(Resources.NODES).list("")) {
      if (!silent.contains(node.name())) {
        try {
          beat(node.name());
        } catch (StatusException e) {
          // the next one will do
        }
      }
    }
    heart = clock.schedule(Duration.ofSeconds(10), this::beat);
  }

  private void beat(String node) {
    ObjectNode lease =
        ControlPlaneInMemory.yaml(
            """
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: {name: %s, namespace: kube-node-lease}
            spec: {holderIdentity: %s, leaseDurationSeconds: 40, renewTime: "%s"}
            """
                .formatted(node, node, Timestamps.micros(clock.instant())));
    if (admin.find(Resources.LEASES, "kube-node-lease", node) == null) {
      admin.create(Resources.LEASES, "kube-node-lease", lease);
    } else {
      admin.patch(
          Resources.LEASES, "kube-node-lease", node, "", PatchType.MERGE, lease, WriteOptions.NONE);
    }
  }

  private void run(KubeObject pod) {
    try {
      if (Pods.nodeName(pod).isEmpty()) {
        return;
      }
      if (pod.isDeleting()) {
        admin.delete(
            Resources.PODS,
            pod.namespace(),
            pod.name(),
            DeleteOptions.uid(pod.uid()).withGracePeriodSeconds(0));
      } else if (runsPods && Pods.phase(pod).equals("Pending")) {
        String image = pod.at("spec", "containers").path(0).path("image").asText();
        if (image.equals(ControlPlaneInMemory.PENDING)) {
          return;
        }
        int n = addresses.incrementAndGet();
        setStatus(
            pod,
            "Running",
            !image.equals(ControlPlaneInMemory.UNREADY),
            "10.244." + n / 250 + "." + (n % 250 + 1));
      }
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  /** Says how a Pod is, as its node would. */
  void setStatus(KubeObject pod, String phase, boolean ready, String address) {
    ObjectNode patch = Json.object();
    ObjectNode status = patch.putObject("status").put("phase", phase);
    if (!address.isEmpty()) {
      status.put("podIP", address).putArray("podIPs").addObject().put("ip", address);
    }
    status
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", ready ? "True" : "False")
        .put("lastTransitionTime", Timestamps.seconds(clock.instant()));
    admin.patch(
        Resources.PODS,
        pod.namespace(),
        pod.name(),
        "status",
        PatchType.STRATEGIC,
        patch,
        WriteOptions.NONE);
  }
}
