package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.HashSet;
import java.util.Set;

/**
 * The Secrets that a ServiceAccount with the annotation {@code
 * kubernetes.io/enforce-mountable-secrets} lets its Pods use: those that it names.
 */
final class MountableSecrets {

  private static final String ANNOTATION = "kubernetes.io/enforce-mountable-secrets";

  private final String account;
  private final Set<String> secrets = new HashSet<>();
  private final Set<String> pullSecrets = new HashSet<>();

  MountableSecrets(KubeObject account) {
    this.account = account.name();
    account.at("secrets").forEach(each -> secrets.add(each.path("name").asText()));
    account.at("imagePullSecrets").forEach(each -> pullSecrets.add(each.path("name").asText()));
  }

  static boolean areLimited(KubeObject account) {
    String value = account.at("metadata", "annotations").path(ANNOTATION).asText("");
    return Set.of("1", "t", "T", "true", "TRUE", "True").contains(value);
  }

  /** Why a Pod is refused; empty when it is not. */
  String refusal(JsonNode spec) {
    for (JsonNode volume : spec.path("volumes")) {
      String name = volume.path("secret").path("secretName").asText("");
      if (!name.isEmpty() && !secrets.contains(name)) {
        return refused("volume with secret.secretName", name);
      }
    }
    for (String list : new String[] {"initContainers", "containers"}) {
      String what = list.equals("initContainers") ? "init container " : "container ";
      for (JsonNode container : spec.path(list)) {
        String why = ofContainer(what + container.path("name").asText(), container);
        if (!why.isEmpty()) {
          return why;
        }
      }
    }
    int index = 0;
    for (JsonNode reference : spec.path("imagePullSecrets")) {
      String name = reference.path("name").asText("");
      if (!pullSecrets.contains(name)) {
        return "imagePullSecrets["
            + index
            + "].name=\""
            + name
            + "\" is not allowed because service account "
            + account
            + " does not reference that imagePullSecret";
      }
      index++;
    }
    return "";
  }

  private String ofContainer(String container, JsonNode fields) {
    for (JsonNode variable : fields.path("env")) {
      String name = variable.path("valueFrom").path("secretKeyRef").path("name").asText("");
      if (!name.isEmpty() && !secrets.contains(name)) {
        return refused(
            container
                + " with envVar "
                + variable.path("name").asText()
                + " referencing secret.secretName",
            name);
      }
    }
    for (JsonNode source : fields.path("envFrom")) {
      String name = source.path("secretRef").path("name").asText("");
      if (!name.isEmpty() && !secrets.contains(name)) {
        return refused(container + " with envFrom referencing secret.secretName", name);
      }
    }
    return "";
  }

  private String refused(String what, String secret) {
    return what
        + "=\""
        + secret
        + "\" is not allowed because service account "
        + account
        + " does not reference that secret";
  }

  /** What a mirror Pod, which no token is for, must not have; empty when it is as it must be. */
  static String mirrorPod(JsonNode spec) {
    if (!spec.path("serviceAccountName").asText("").isEmpty()) {
      return "a mirror pod may not reference service accounts";
    }
    for (JsonNode volume : spec.path("volumes")) {
      if (volume.has("secret")) {
        return "a mirror pod may not reference secrets";
      }
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.has("secret")) {
          return "a mirror pod may not reference secrets";
        }
        if (source.has("serviceAccountToken")) {
          return "a mirror pod may not use ServiceAccountToken volume projections";
        }
      }
    }
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : spec.path(list)) {
        for (JsonNode variable : container.path("env")) {
          if (variable.path("valueFrom").has("secretKeyRef")) {
            return "a mirror pod may not reference secrets";
          }
        }
        for (JsonNode source : container.path("envFrom")) {
          if (source.has("secretRef")) {
            return "a mirror pod may not reference secrets";
          }
        }
      }
    }
    return spec.path("imagePullSecrets").isEmpty() ? "" : "a mirror pod may not reference secrets";
  }
}
