package dev.coracle.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ServedResources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.WorkQueue;
import dev.coracle.schema.Schema;
import dev.coracle.schema.cel.AdmissionScope;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.KnownType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles the expressions of ValidatingAdmissionPolicies once more with the types of what they
 * match, and says in {@code status.typeChecking} what is wrong then. Only advice: a policy works
 * with or without.
 */
public final class PolicyTypeChecker implements AutoCloseable {

  /** The controller of a kube-controller-manager that does this. */
  public static final String IDENTITY =
      "system:serviceaccount:kube-system:validatingadmissionpolicy-status-controller";

  private static final Logger LOG = LoggerFactory.getLogger(PolicyTypeChecker.class);
  private static final GroupVersionResource POLICIES =
      GroupVersionResource.of("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies");
  private static final int MOST_TYPES = 10;

  private final Client client;
  private final Supplier<ServedResources> served;
  private final Function<GroupVersionKind, @Nullable Schema> schemas;
  private final WorkQueue<String> queue;

  public PolicyTypeChecker(
      Client client,
      Supplier<ServedResources> served,
      Function<GroupVersionKind, @Nullable Schema> schemas,
      Clock clock) {
    this.client = client;
    this.served = served;
    this.schemas = schemas;
    this.queue = new WorkQueue<>(clock);
  }

  /** Follows the policies from now on. */
  public void start(Informers informers) {
    informers
        .of(POLICIES)
        .addHandler(
            new SharedInformer.Handler() {
              @Override
              public void added(KubeObject policy) {
                queue.add(policy.name());
              }

              @Override
              public void updated(KubeObject before, KubeObject now) {
                queue.add(now.name());
              }

              @Override
              public void deleted(KubeObject last) {}
            });
    Thread.ofVirtual().name("policy type checking").start(this::run);
  }

  private void run() {
    try {
      for (String name = queue.take(); name != null; name = queue.take()) {
        try {
          reconcile(name);
          queue.forget(name);
        } catch (StatusException e) {
          LOG.debug("type checking of {}", name, e);
          queue.addRateLimited(name);
        } finally {
          queue.done(name);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void reconcile(String name) {
    KubeObject policy = client.find(POLICIES, "", name);
    if (policy == null
        || policy.at("status", "observedGeneration").asLong(0) >= policy.generation()) {
      return;
    }
    ObjectNode next = policy.mutableTree();
    ObjectNode status = next.withObject("/status");
    status.put("observedGeneration", policy.generation());
    ObjectNode checking = status.putObject("typeChecking");
    ArrayNode warnings = warnings(policy);
    if (!warnings.isEmpty()) {
      checking.set("expressionWarnings", warnings);
    }
    client.updateStatus(POLICIES, "", name, next);
  }

  private ArrayNode warnings(KubeObject policy) {
    ArrayNode warnings = dev.coracle.api.Json.array();
    Map<GroupVersionKind, KnownType> types = types(policy.at("spec", "matchConstraints"));
    JsonNode paramKind = policy.at("spec", "paramKind");
    KnownType params =
        paramKind.isObject()
            ? type(
                GroupVersionKind.of(
                    paramKind.path("apiVersion").asText(), paramKind.path("kind").asText()),
                "params")
            : null;
    int index = 0;
    for (JsonNode validation : policy.at("spec", "validations")) {
      for (String field : new String[] {"expression", "messageExpression"}) {
        String source = validation.path(field).asText("");
        String warning = source.isEmpty() ? "" : warning(policy, source, types, params);
        if (!warning.isEmpty()) {
          warnings
              .addObject()
              .put("fieldRef", "spec.validations[" + index + "]." + field)
              .put("warning", warning);
        }
      }
      index++;
    }
    return warnings;
  }

  private static String warning(
      KubeObject policy,
      String source,
      Map<GroupVersionKind, KnownType> types,
      @Nullable KnownType params) {
    List<String> messages = new ArrayList<>();
    types.forEach(
        (kind, type) -> {
          AdmissionScope scope = AdmissionScope.of(params != null, true);
          for (JsonNode variable : policy.at("spec", "variables")) {
            String name = variable.path("name").asText();
            try {
              scope =
                  scope.withVariable(
                      name, scope.compile(variable.path("expression").asText(), type, params));
            } catch (ExpressionException e) {
              scope = scope.withVariable(name);
            }
          }
          try {
            scope.compile(source, type, params);
          } catch (ExpressionException e) {
            messages.add(kind.apiVersion() + ", Kind=" + kind.kind() + ": " + e.reason() + "\n");
          }
        });
    return String.join("\n", messages);
  }

  /** The kinds that the rules name without wildcards, a few at most. */
  private Map<GroupVersionKind, KnownType> types(JsonNode constraints) {
    TreeSet<GroupVersionKind> kinds =
        new TreeSet<>(
            Comparator.comparing(GroupVersionKind::group)
                .thenComparing(GroupVersionKind::version)
                .thenComparing(GroupVersionKind::kind));
    for (JsonNode rule : constraints.path("resourceRules")) {
      for (JsonNode group : rule.path("apiGroups")) {
        for (JsonNode version : rule.path("apiVersions")) {
          for (JsonNode resource : rule.path("resources")) {
            String name = resource.asText();
            if (kinds.size() < MOST_TYPES && name.indexOf('/') < 0) {
              GroupVersionResource wanted =
                  GroupVersionResource.of(group.asText(), version.asText(), name);
              for (ServedResources.Served each : served.get().of(wanted, "")) {
                if (each.resource().equals(wanted)) {
                  kinds.add(each.kind());
                }
              }
            }
          }
        }
      }
    }
    Map<GroupVersionKind, KnownType> types = new LinkedHashMap<>();
    for (GroupVersionKind kind : kinds) {
      KnownType type = type(kind, "object");
      if (type != null) {
        types.put(kind, type);
      }
    }
    return types;
  }

  private @Nullable KnownType type(GroupVersionKind kind, String role) {
    Schema schema = schemas.apply(kind);
    return schema == null ? null : KnownType.of(schema, role + "." + kind.kind());
  }

  @Override
  public void close() {
    queue.close();
  }
}
