package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Operation;
import dev.coracle.client.Client;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Supplier;

/** An Ingress that says nothing of it is of the default IngressClass, the newest if several are. */
public final class DefaultIngressClass implements AdmissionPlugin {

  private static final GroupVersionResource CLASSES =
      GroupVersionResource.of("networking.k8s.io", "v1", "ingressclasses");
  private static final String IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class";
  private static final String OLD_WAY = "kubernetes.io/ingress.class";

  private final Supplier<Client> client;

  public DefaultIngressClass(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "DefaultIngressClass";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    boolean concerns =
        attributes.resource().qualified().equals("ingresses.networking.k8s.io")
            && attributes.subresource().isEmpty()
            && attributes.operation() == Operation.CREATE;
    ObjectNode ingress = concerns ? attributes.object() : null;
    if (ingress == null
        || ingress.path("spec").has("ingressClassName")
        || ingress.path("metadata").path("annotations").has(OLD_WAY)) {
      return;
    }
    Optional<KubeObject> usual =
        client.get().list(CLASSES, "", ListOptions.ALL).items().stream()
            .filter(
                each -> each.at("metadata", "annotations").path(IS_DEFAULT).asText().equals("true"))
            .min(
                Comparator.comparing(KubeObject::creationTimestamp)
                    .reversed()
                    .thenComparing(KubeObject::name));
    usual.ifPresent(each -> ingress.withObject("/spec").put("ingressClassName", each.name()));
  }
}
