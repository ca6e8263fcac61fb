package dev.coracle.auth.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Brings the stored policy up to the bootstrap policy, as Kubernetes does at every start: what is
 * missing is made, rules and subjects that are missing are added, and what somebody added stays. An
 * object whose annotation {@code rbac.authorization.kubernetes.io/autoupdate} is {@code false} is
 * left alone.
 */
public final class PolicyReconciler {

  private static final String AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

  private final Client client;

  public PolicyReconciler(Client client) {
    this.client = client;
  }

  /**
   * Writes all that is missing, many at a time (their fsyncs are shared).
   *
   * @throws StatusException the first failure
   */
  public void reconcile() throws InterruptedException {
    Map<String, KubeObject> stored = new HashMap<>();
    List<BootstrapPolicy.Item> items = BootstrapPolicy.items();
    items.stream()
        .map(BootstrapPolicy.Item::resource)
        .distinct()
        .forEach(
            resource ->
                client
                    .list(resource, "", ListOptions.ALL)
                    .items()
                    .forEach(
                        object -> stored.put(resource.resource() + "/" + object.key(), object)));
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writes = new ArrayList<>();
      for (BootstrapPolicy.Item item : items) {
        String key =
            item.resource().resource()
                + "/"
                + (item.namespace().isEmpty() ? "" : item.namespace() + "/")
                + item.name();
        KubeObject current = stored.get(key);
        writes.add(workers.submit(() -> write(item, current)));
      }
      for (Future<?> write : writes) {
        write.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StatusException status) {
        throw status;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private void write(
      BootstrapPolicy.Item item, @org.jspecify.annotations.Nullable KubeObject current) {
    if (current == null) {
      try {
        client.create(item.resource(), item.namespace(), item.object());
      } catch (StatusException e) {
        if (!e.isAlreadyExists()) {
          throw e;
        }
      }
      return;
    }
    if (current.at("metadata", "annotations").path(AUTOUPDATE).asText("true").equals("false")) {
      return;
    }
    if (!current.tree().path("roleRef").equals(item.object().path("roleRef"))) {
      // It can't be changed: as Kubernetes, the binding is made anew.
      KubeObject unused =
          client.delete(
              item.resource(), item.namespace(), item.name(), DeleteOptions.uid(current.uid()));
      unused = client.create(item.resource(), item.namespace(), item.object());
      return;
    }
    ObjectNode wanted = current.mutableTree();
    boolean changed = addMetadata(wanted, item.object());
    changed |= addRules(wanted, item.object());
    changed |= addMissing(wanted, item.object(), "subjects");
    if (item.object().path("aggregationRule").isObject()) {
      changed |=
          addMissing(
              wanted.withObject("/aggregationRule"),
              (ObjectNode) item.object().get("aggregationRule"),
              "clusterRoleSelectors");
    }
    if (changed) {
      KubeObject unused = client.update(item.resource(), item.namespace(), item.name(), wanted);
    }
  }

  /** Labels and annotations that are missing or have another value. */
  private static boolean addMetadata(ObjectNode stored, ObjectNode bootstrap) {
    boolean changed = false;
    for (String field : new String[] {"labels", "annotations"}) {
      for (var entry : bootstrap.path("metadata").path(field).properties()) {
        ObjectNode present = stored.withObject("/metadata").withObject("/" + field);
        if (!present.has(entry.getKey())
            || (!entry.getKey().equals(AUTOUPDATE)
                && !present.get(entry.getKey()).equals(entry.getValue()))) {
          present.set(entry.getKey(), entry.getValue());
          changed = true;
        }
      }
    }
    return changed;
  }

  /** Rights that no stored rule gives; a role that aggregates others gets its rules from them. */
  private static boolean addRules(ObjectNode stored, ObjectNode bootstrap) {
    if (bootstrap.path("rules").isEmpty() || bootstrap.has("aggregationRule")) {
      return false;
    }
    List<PolicyRule> present = PolicyRule.read(stored.path("rules"));
    boolean changed = false;
    for (PolicyRule rule : PolicyRule.read(bootstrap.path("rules"))) {
      for (PolicyRule piece : rule.pieces()) {
        if (present.stream().noneMatch(one -> one.covers(piece))) {
          ArrayNode rules =
              stored.get("rules") instanceof ArrayNode array ? array : stored.putArray("rules");
          rules.add(piece.json());
          changed = true;
        }
      }
    }
    return changed;
  }

  private static boolean addMissing(ObjectNode stored, ObjectNode bootstrap, String field) {
    JsonNode wanted = bootstrap.path(field);
    if (wanted.isEmpty()) {
      return false;
    }
    ArrayNode present =
        stored.get(field) instanceof ArrayNode array ? array : stored.putArray(field);
    boolean changed = false;
    for (JsonNode one : wanted) {
      boolean found = false;
      for (JsonNode other : present) {
        found |= other.equals(one);
      }
      if (!found) {
        present.add(one.deepCopy());
        changed = true;
      }
    }
    return changed;
  }
}
