package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Operation;
import dev.coracle.client.Client;
import dev.coracle.client.storage.StorageClasses;
import dev.coracle.client.storage.Volumes;
import java.util.function.Supplier;

/** A claim that says nothing of it is of the default StorageClass, if there is one. */
public final class DefaultStorageClass implements AdmissionPlugin {

  private static final GroupVersionResource CLASSES =
      GroupVersionResource.of("storage.k8s.io", "v1", "storageclasses");

  private final Supplier<Client> client;

  public DefaultStorageClass(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "DefaultStorageClass";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    ObjectNode claim = AdmissionPlugin.coreObject(attributes, "persistentvolumeclaims");
    if (attributes.operation() != Operation.CREATE || claim == null || Volumes.hasClass(claim)) {
      return;
    }
    KubeObject byDefault =
        StorageClasses.defaultOf(client.get().list(CLASSES, "", ListOptions.ALL).items());
    if (byDefault != null) {
      claim.withObject("/spec").put("storageClassName", byDefault.name());
    }
  }
}
