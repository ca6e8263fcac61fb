package dev.coracle.scheduler;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.profile.Profiles;
import dev.coracle.scheduler.queue.SchedulingQueue;
import dev.coracle.scheduler.state.Shared;
import dev.coracle.scheduler.state.StorageState;
import java.util.ArrayList;
import java.util.List;

/** What the informers tell: into the state of the cluster, and to the Pods that wait for it. */
final class ClusterEvents implements AutoCloseable {

  private final Shared shared;
  private final SchedulingQueue queue;
  private final Profiles profiles;
  private final List<SharedInformer.Registration> registrations = new ArrayList<>();

  ClusterEvents(Shared shared, SchedulingQueue queue, Profiles profiles) {
    this.shared = shared;
    this.queue = queue;
    this.profiles = profiles;
  }

  synchronized void watch(SharedInformer nodes, SharedInformer pods, StorageState storage) {
    registrations.add(nodes.addHandler(new NodeHandler()));
    registrations.add(pods.addHandler(new PodHandler(shared, queue, profiles)));
    registrations.add(
        storage
            .claimInformer()
            .addHandler(
                SharedInformer.each(
                    claim -> {
                      profiles.storageChanged();
                      queue.changed(ClusterEvent.CLAIM_CHANGED, pod -> uses(pod, claim));
                    })));
    registrations.add(
        storage
            .volumeInformer()
            .addHandler(
                SharedInformer.each(
                    volume -> {
                      profiles.storageChanged();
                      queue.changed(ClusterEvent.VOLUME_CHANGED);
                    })));
    registrations.add(
        storage
            .classInformer()
            .addHandler(
                SharedInformer.each(one -> queue.changed(ClusterEvent.STORAGE_CLASS_CHANGED))));
    registrations.add(
        storage
            .csiNodeInformer()
            .addHandler(SharedInformer.each(one -> queue.changed(ClusterEvent.CSI_NODE_CHANGED))));
  }

  /** Something else to stop with these. */
  synchronized void add(SharedInformer.Registration registration) {
    registrations.add(registration);
  }

  @Override
  public synchronized void close() {
    registrations.forEach(SharedInformer.Registration::remove);
    registrations.clear();
  }

  private static boolean uses(KubeObject pod, KubeObject claim) {
    return pod.namespace().equals(claim.namespace())
        && PodClaims.of(pod).stream().anyMatch(use -> use.name().equals(claim.name()));
  }

  private final class NodeHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject node) {
      shared.locked(() -> shared.state().putNode(node));
      changed(node.name(), ClusterEvent.NODE_ADDED);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      boolean labels = !before.labels().equals(now.labels());
      boolean taints =
          !before.at("spec", "taints").equals(now.at("spec", "taints"))
              || before.at("spec", "unschedulable").asBoolean()
                  != now.at("spec", "unschedulable").asBoolean();
      boolean allocatable =
          !before.at("status", "allocatable").equals(now.at("status", "allocatable"));
      boolean images = !before.at("status", "images").equals(now.at("status", "images"));
      if (!labels && !taints && !allocatable && !images) {
        // a heartbeat changes nothing that matters here
        return;
      }
      shared.locked(() -> shared.state().putNode(now));
      if (taints) {
        changed(now.name(), ClusterEvent.NODE_TAINTS);
      }
      if (labels) {
        changed(now.name(), ClusterEvent.NODE_LABELS);
      }
      if (allocatable) {
        changed(now.name(), ClusterEvent.NODE_ALLOCATABLE);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      shared.locked(() -> shared.state().removeNode(last.name()));
    }

    private void changed(String name, ClusterEvent event) {
      NodeInfo seen =
          shared.locked(
              () -> {
                NodeInfo known = shared.state().find(name);
                return known == null ? new NodeInfo(name) : known.copy();
              });
      if (seen.node() == null) {
        return;
      }
      ClusterView alone = () -> List.of(seen);
      queue.changed(
          event,
          pod -> {
            Profiles.Profile profile = profiles.find(pod);
            return profile != null && profile.algorithm().mayTake(PodInfo.of(pod), seen, alone);
          });
    }
  }
}
