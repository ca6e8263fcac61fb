package dev.coracle.controller.ingress;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ObjectKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which class an Ingress has, and what that class publishes. Pure. */
final class PublishedAddresses {

  static final String CONTROLLER = "coracle.dev/publish-service";

  private static final String CLASS_ANNOTATION = "kubernetes.io/ingress.class";
  private static final String DEFAULT = "ingressclass.kubernetes.io/is-default-class";

  private PublishedAddresses() {}

  /** The class that an Ingress names or, when it names none, the default one. */
  static @Nullable KubeObject classOf(KubeObject ingress, List<KubeObject> classes) {
    String named = ingress.text("spec", "ingressClassName");
    if (named.isEmpty()) {
      named = ingress.at("metadata", "annotations").path(CLASS_ANNOTATION).asText("");
    }
    for (KubeObject one : classes) {
      if (named.isEmpty() ? isDefault(one) : one.name().equals(named)) {
        return one;
      }
    }
    return null;
  }

  private static boolean isDefault(KubeObject ingressClass) {
    return ingressClass.at("metadata", "annotations").path(DEFAULT).asText("").equals("true");
  }

  static boolean isOurs(KubeObject ingressClass) {
    return ingressClass.text("spec", "controller").equals(CONTROLLER);
  }

  /** The Service that a class of ours publishes, or null when it names none. */
  static @Nullable ObjectKey service(KubeObject ingressClass) {
    JsonNode parameters = ingressClass.at("spec", "parameters");
    boolean good =
        parameters.path("kind").asText().equals("Service")
            && parameters.path("apiGroup").asText("").isEmpty()
            && parameters.path("scope").asText().equals("Namespace");
    return good
        ? new ObjectKey(parameters.path("namespace").asText(), parameters.path("name").asText())
        : null;
  }

  /** Where a Service is reached, as an Ingress says it. */
  static ArrayNode of(@Nullable KubeObject service) {
    ArrayNode addresses = Json.array();
    if (service == null || !service.text("spec", "type").equals("LoadBalancer")) {
      return addresses;
    }
    for (JsonNode ingress : service.at("status", "loadBalancer", "ingress")) {
      ObjectNode address = Json.object();
      for (String field : new String[] {"ip", "hostname"}) {
        if (!ingress.path(field).asText("").isEmpty()) {
          address.set(field, ingress.get(field));
        }
      }
      if (!address.isEmpty()) {
        addresses.add(address);
      }
    }
    return addresses;
  }
}
