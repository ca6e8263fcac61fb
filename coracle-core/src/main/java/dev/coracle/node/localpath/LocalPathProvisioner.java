package dev.coracle.node.localpath;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.WorkQueue;
import dev.coracle.client.storage.LocalPath;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.StorageClasses;
import dev.coracle.client.storage.Volumes;
import dev.coracle.node.simulated.SimulatedNodes;
import dev.coracle.node.volumes.Mounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes volumes for claims whose node is one of this process, and deletes them with their
 * directories when their claims have left them. A claim of a class that binds immediately gets any
 * of the process's nodes.
 */
public final class LocalPathProvisioner implements AutoCloseable {

  /** Who it is to the API. */
  public static final String IDENTITY = "system:serviceaccount:kube-system:local-path-provisioner";

  private static final Logger LOG = LoggerFactory.getLogger(LocalPathProvisioner.class);
  private static final GroupVersionResource CLAIMS =
      GroupVersionResource.core("persistentvolumeclaims");
  private static final GroupVersionResource VOLUMES =
      GroupVersionResource.core("persistentvolumes");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource CLASSES =
      GroupVersionResource.of("storage.k8s.io", "v1", "storageclasses");

  private sealed interface Key {}

  private record ClaimKey(String namespace, String name) implements Key {}

  private record VolumeKey(String name) implements Key {}

  /** A directory whose volume is no more. */
  private record DirectoryKey(String path) implements Key {}

  private final Client client;
  private final @Nullable String nodeName;
  private final Path directory;
  private final Mounter mounter;
  private final EventRecorder events;
  private final SharedInformer claims;
  private final SharedInformer volumes;
  private final SharedInformer nodes;
  private final SharedInformer classes;
  private final WorkQueue<Key> queue;
  private final List<SharedInformer.Registration> registrations = new ArrayList<>();
  private final Thread worker;

  private LocalPathProvisioner(
      Client client,
      Informers informers,
      Clock clock,
      @Nullable String nodeName,
      Path directory,
      Mounter mounter) {
    this.client = client;
    this.nodeName = nodeName;
    this.directory = directory.toAbsolutePath().normalize();
    this.mounter = mounter;
    this.events = new EventRecorder(client, clock, LocalPath.PROVISIONER, "");
    this.claims = informers.of(CLAIMS);
    this.volumes = informers.of(VOLUMES);
    this.nodes = informers.of(NODES);
    this.classes = informers.of(CLASSES);
    this.queue = new WorkQueue<>(clock);
    this.worker = Thread.ofVirtual().name("local-path-provisioner").unstarted(this::run);
  }

  /**
   * Starts it; returns at once.
   *
   * @param client as {@link #IDENTITY}
   * @param informers of the same identity; closed by whoever made them
   * @param nodeName of the node that this machine is; null when there are only simulated ones
   * @param directory below which volumes are made
   * @param mounter removes a volume's directory
   */
  public static LocalPathProvisioner start(
      Client client,
      Informers informers,
      Clock clock,
      @Nullable String nodeName,
      Path directory,
      Mounter mounter) {
    LocalPathProvisioner provisioner =
        new LocalPathProvisioner(client, informers, clock, nodeName, directory, mounter);
    provisioner.worker.start();
    return provisioner;
  }

  @Override
  public void close() {
    synchronized (registrations) {
      registrations.forEach(SharedInformer.Registration::remove);
      registrations.clear();
    }
    queue.close();
    worker.interrupt();
    events.close();
  }

  private void run() {
    try {
      nodes.awaitSync();
      classes.awaitSync();
      synchronized (registrations) {
        registrations.add(volumes.addHandler(new VolumeHandler()));
        registrations.add(
            claims.addHandler(
                SharedInformer.each(
                    claim -> queue.add(new ClaimKey(claim.namespace(), claim.name())))));
      }
      volumes.awaitSync();
      for (Key key = queue.take(); key != null; key = queue.take()) {
        try {
          sync(key);
          queue.forget(key);
        } catch (StatusException e) {
          LOG.debug("{}: {}", key, e.getMessage());
          queue.addRateLimited(key);
        } catch (IOException e) {
          LOG.warn("{}: {}", key, e.getMessage());
          queue.addRateLimited(key);
        } catch (RuntimeException e) {
          LOG.warn("{}", key, e);
          queue.addRateLimited(key);
        } finally {
          queue.done(key);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class VolumeHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject volume) {
      if (LocalPath.made(volume)) {
        queue.add(new VolumeKey(volume.name()));
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      added(now);
    }

    @Override
    public void deleted(KubeObject last) {
      if (isLeft(last) && isHere(last)) {
        queue.add(new DirectoryKey(last.text("spec", "hostPath", "path")));
      }
    }
  }

  private void sync(Key key) throws IOException {
    switch (key) {
      case ClaimKey(String namespace, String name) -> {
        KubeObject claim = claims.get(namespace, name);
        if (claim != null && isAsked(claim)) {
          provision(claim);
        }
      }
      case VolumeKey(String name) -> {
        KubeObject volume = volumes.get("", name);
        if (volume != null && isLeft(volume)) {
          delete(volume);
        }
      }
      case DirectoryKey(String path) -> remove(path);
    }
  }

  private static boolean isAsked(KubeObject claim) {
    return claim.text("spec", "volumeName").isEmpty()
        && !claim.isDeleting()
        && StorageAnnotations.get(claim, StorageAnnotations.PROVISIONER)
            .equals(LocalPath.PROVISIONER);
  }

  private static boolean isLeft(KubeObject volume) {
    return LocalPath.made(volume)
        && volume.text("status", "phase").equals("Released")
        && volume.text("spec", "persistentVolumeReclaimPolicy").equals("Delete");
  }

  private void provision(KubeObject claim) throws IOException {
    KubeObject storageClass = classes.get("", Volumes.storageClass(claim));
    if (storageClass == null
        || !storageClass.text("provisioner").equals(LocalPath.PROVISIONER)
        || volumes.get("", LocalVolume.name(claim)) != null) {
      return;
    }
    String selected = StorageAnnotations.get(claim, StorageAnnotations.SELECTED_NODE);
    if (selected.isEmpty()) {
      if (!StorageClasses.delaysBinding(claim, name -> classes.get("", name))) {
        selectNode(claim);
      }
      return;
    }
    KubeObject node = nodes.get("", selected);
    if (node == null || !serves(node)) {
      return;
    }
    events.normal(
        claim,
        "Provisioning",
        "External provisioner is provisioning volume for claim \"" + claim.key() + "\"");
    String refusal = LocalVolume.refusal(claim, storageClass);
    if (refusal != null) {
      fail(claim, storageClass, refusal);
      return;
    }
    Path path = directory.resolve(LocalVolume.directory(claim));
    try {
      if (isReal(node)) {
        Files.createDirectories(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
      }
    } catch (IOException e) {
      fail(claim, storageClass, "can't make " + path + ": " + e.getMessage());
      throw e;
    }
    ObjectNode volume = LocalVolume.make(claim, storageClass, node, path);
    try {
      KubeObject unused = client.create(VOLUMES, "", volume);
    } catch (StatusException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
    events.normal(
        claim,
        "ProvisioningSucceeded",
        "Successfully provisioned volume " + LocalVolume.name(claim));
  }

  private void fail(KubeObject claim, KubeObject storageClass, String why) {
    events.warning(
        claim,
        "ProvisioningFailed",
        "failed to provision volume with StorageClass \"" + storageClass.name() + "\": " + why);
  }

  /** Of several processes that try, the one whose write comes first has the claim. */
  private void selectNode(KubeObject claim) {
    KubeObject node =
        nodes.list("").stream()
            .filter(this::serves)
            .min(
                Comparator.comparing((KubeObject one) -> !isReal(one))
                    .thenComparing(one -> one.at("spec", "unschedulable").asBoolean())
                    .thenComparing(KubeObject::name))
            .orElse(null);
    if (node == null) {
      return;
    }
    ObjectNode tree = claim.mutableTree();
    StorageAnnotations.put(tree, StorageAnnotations.SELECTED_NODE, node.name());
    try {
      KubeObject unused = client.update(CLAIMS, claim.namespace(), claim.name(), tree);
    } catch (StatusException e) {
      if (!e.isConflict() && !e.isNotFound()) {
        throw e;
      }
    }
  }

  private boolean isReal(KubeObject node) {
    return node.name().equals(nodeName);
  }

  private boolean serves(KubeObject node) {
    return isReal(node) || node.labels().containsKey(SimulatedNodes.LABEL);
  }

  private boolean isHere(KubeObject volume) {
    String host = LocalVolume.host(volume);
    KubeObject node = nodeName == null ? null : nodes.get("", nodeName);
    return node != null && node.labels().getOrDefault("kubernetes.io/hostname", "").equals(host);
  }

  private boolean isSimulated(KubeObject volume) {
    String host = LocalVolume.host(volume);
    return nodes.list("").stream()
        .filter(node -> node.labels().containsKey(SimulatedNodes.LABEL))
        .anyMatch(node -> node.labels().getOrDefault("kubernetes.io/hostname", "").equals(host));
  }

  private void delete(KubeObject volume) throws IOException {
    boolean here = isHere(volume);
    if (!here && !isSimulated(volume)) {
      return;
    }
    if (here) {
      try {
        remove(volume.text("spec", "hostPath", "path"));
      } catch (IOException e) {
        events.warning(volume, "VolumeFailedDelete", String.valueOf(e.getMessage()));
        throw e;
      }
    }
    try {
      KubeObject unused =
          client.delete(VOLUMES, "", volume.name(), DeleteOptions.uid(volume.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  /** Only ever a directory that is one of the volumes', whatever a volume says. */
  private void remove(String path) throws IOException {
    Path wanted = Path.of(path).normalize();
    if (directory.equals(wanted.getParent()) && Files.isDirectory(wanted)) {
      mounter.remove(wanted);
    }
  }
}
