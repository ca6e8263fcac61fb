package dev.coracle.controller.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.List;
import java.util.function.Predicate;

/** The words in which stories about storage are told. */
public record StorageStory(ControlPlaneInMemory cluster) {

  public static final String NS = "default";

  public KubeObject volume(String name, String size, String more) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %s}
        spec:
          capacity: {storage: %s}
          accessModes: [ReadWriteOnce]
          hostPath: {path: /srv/%s}
          storageClassName: ""
          %s
        """
            .formatted(name, size, name, more));
  }

  public KubeObject claim(String name, String size, String more) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s, namespace: default}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: %s}}
          %s
        """
            .formatted(name, size, more));
  }

  public KubeObject awaitClaim(String name, Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.PERSISTENT_VOLUME_CLAIMS, NS, name, good);
  }

  public KubeObject awaitVolume(String name, Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.PERSISTENT_VOLUMES, "", name, good);
  }

  public static Predicate<KubeObject> phase(String phase) {
    return object -> object.text("status", "phase").equals(phase);
  }

  public void awaitEvent(String namespace, String about, String reason, String message) {
    await(reason)
        .untilAsserted(
            () -> assertThat(events(namespace)).contains(about + ": " + reason + ": " + message));
  }

  private List<String> events(String namespace) {
    return cluster.list(GroupVersionResource.core("events"), namespace).stream()
        .map(
            event ->
                event.text("involvedObject", "name")
                    + ": "
                    + event.text("reason")
                    + ": "
                    + event.text("message"))
        .toList();
  }

  public void delete(GroupVersionResource resource, String namespace, String name) {
    cluster.admin().delete(resource, namespace, name, DeleteOptions.DEFAULT);
  }

  public void storageClass(String name, String provisioner, String mode, boolean byDefault) {
    cluster.apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata:
          name: %s
          annotations: {storageclass.kubernetes.io/is-default-class: "%s"}
        provisioner: %s
        volumeBindingMode: %s
        """
            .formatted(name, byDefault, provisioner, mode));
  }

  public KubeObject pod(String name, String claim, String more) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default}
        spec:
          containers: [{name: main, image: none, volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
          %s
        """
            .formatted(name, claim, more));
  }

  public KubeObject awaitPod(String name, Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.PODS, NS, name, good);
  }

  public static String annotation(KubeObject object, String name) {
    return object.text("metadata", "annotations", name);
  }
}
