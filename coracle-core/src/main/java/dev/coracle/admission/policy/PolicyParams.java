package dev.coracle.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ServedResources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The objects of a policy's {@code paramKind} that a binding's {@code paramRef} names. */
final class PolicyParams {

  /** A policy or binding that cannot be applied; its failurePolicy says what follows. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message, null, false, false);
    }

    String why() {
      return String.valueOf(getMessage());
    }
  }

  private final Supplier<Client> client;
  private final Supplier<ServedResources> served;

  PolicyParams(Supplier<Client> client, Supplier<ServedResources> served) {
    this.client = client;
    this.served = served;
  }

  /** The kind of a policy's parameters; null when it has none. */
  ServedResources.@Nullable Served kind(KubeObject policy) throws Unusable {
    JsonNode kind = policy.at("spec", "paramKind");
    if (!kind.isObject()) {
      return null;
    }
    GroupVersionKind wanted =
        GroupVersionKind.of(kind.path("apiVersion").asText(), kind.path("kind").asText());
    ServedResources.Served found = served.get().find(wanted);
    if (found == null) {
      throw new Unusable(
          "failed to find resource referenced by paramKind: '"
              + wanted.apiVersion()
              + ", Kind="
              + wanted.kind()
              + "'");
    }
    return found;
  }

  /**
   * The parameters to apply a policy with, one after the other: one null when it has none.
   *
   * @param kind as {@link #kind} gave it
   */
  List<@Nullable KubeObject> of(
      ServedResources.@Nullable Served kind, KubeObject binding, AdmissionAttributes attributes)
      throws Unusable {
    JsonNode reference = binding.at("spec", "paramRef");
    if (kind == null || !reference.isObject()) {
      return Collections.singletonList(null);
    }
    String asked = reference.path("namespace").asText("");
    String namespace = "";
    if (kind.namespaced()) {
      namespace = asked.isEmpty() ? attributes.namespace() : asked;
      if (namespace.isEmpty()) {
        throw new Unusable(
            "cannot use namespaced paramRef in policy binding that matches cluster-scoped"
                + " resources");
      }
    } else if (!asked.isEmpty()) {
      throw new Unusable(
          "paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
    }
    List<@Nullable KubeObject> params = new ArrayList<>(find(kind, reference, namespace));
    if (params.isEmpty()
        && reference.path("parameterNotFoundAction").asText("Deny").equals("Deny")) {
      throw new Unusable("no params found for policy binding with `Deny` parameterNotFoundAction");
    }
    return params;
  }

  private List<KubeObject> find(ServedResources.Served kind, JsonNode reference, String namespace)
      throws Unusable {
    String name = reference.path("name").asText("");
    try {
      if (!name.isEmpty()) {
        KubeObject one = client.get().find(kind.resource(), namespace, name);
        return one == null ? List.of() : List.of(one);
      }
      LabelSelector selector = LabelSelector.of(reference.path("selector"));
      return client.get().list(kind.resource(), namespace, ListOptions.ALL).items().stream()
          .filter(param -> selector.matches(param.labels()))
          .toList();
    } catch (StatusException e) {
      throw new Unusable(e.status().message());
    }
  }
}
