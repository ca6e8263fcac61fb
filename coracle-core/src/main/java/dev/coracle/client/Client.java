package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Kubernetes API for components. Every failure is a {@link StatusException} as the server gave
 * it. Namespace is the empty string for cluster-scoped resources, and in lists and watches for all
 * namespaces.
 */
public final class Client {

  private static final String JSON = "application/json";

  private final Transport transport;

  public Client(Transport transport) {
    this.transport = transport;
  }

  public Transport transport() {
    return transport;
  }

  public KubeObject get(GroupVersionResource resource, String namespace, String name) {
    return one(new Call("get", resource, namespace, name, "", Map.of(), JSON, null));
  }

  /** As {@link #get}, with null for "not found". */
  public @Nullable KubeObject find(GroupVersionResource resource, String namespace, String name) {
    try {
      return get(resource, namespace, name);
    } catch (StatusException e) {
      if (e.isNotFound()) {
        return null;
      }
      throw e;
    }
  }

  public KubeObject getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return one(new Call("get", resource, namespace, name, subresource, Map.of(), JSON, null));
  }

  public ObjectList list(GroupVersionResource resource, String namespace, ListOptions options) {
    Call call = new Call("list", resource, namespace, "", "", query(options), JSON, null);
    return switch (transport.send(call)) {
      case Transport.Answer.Many many -> many.list();
      case Transport.Answer.One one ->
          throw StatusException.internal("a list answered with " + one.object().kind());
    };
  }

  public Transport.Watch watch(
      GroupVersionResource resource,
      String namespace,
      ListOptions options,
      Transport.WatchHandler handler) {
    return transport.watch(
        new Call("watch", resource, namespace, "", "", query(options), JSON, null), handler);
  }

  public KubeObject create(GroupVersionResource resource, String namespace, ObjectNode object) {
    return create(resource, namespace, object, WriteOptions.NONE);
  }

  public KubeObject create(
      GroupVersionResource resource, String namespace, ObjectNode object, WriteOptions options) {
    return one(new Call("create", resource, namespace, "", "", query(options), JSON, object));
  }

  /** Posts to a subresource of a named object, such as {@code binding} or {@code eviction}. */
  public KubeObject createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      ObjectNode body) {
    return one(new Call("create", resource, namespace, name, subresource, Map.of(), JSON, body));
  }

  /** Replaces an object; its metadata.resourceVersion, if it has one, must be the newest. */
  public KubeObject update(
      GroupVersionResource resource, String namespace, String name, ObjectNode object) {
    return one(new Call("update", resource, namespace, name, "", Map.of(), JSON, object));
  }

  public KubeObject updateStatus(
      GroupVersionResource resource, String namespace, String name, ObjectNode object) {
    return one(new Call("update", resource, namespace, name, "status", Map.of(), JSON, object));
  }

  public KubeObject updateSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      ObjectNode object) {
    return one(new Call("update", resource, namespace, name, subresource, Map.of(), JSON, object));
  }

  public KubeObject patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      PatchType type,
      JsonNode patch,
      WriteOptions options) {
    return one(
        new Call(
            "patch",
            resource,
            namespace,
            name,
            subresource,
            query(options),
            type.mediaType(),
            patch));
  }

  /**
   * @return the object as it is now, or the {@code Status} of a finished deletion
   */
  public KubeObject delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return one(new Call("delete", resource, namespace, name, "", Map.of(), JSON, body(options)));
  }

  public void deleteCollection(
      GroupVersionResource resource,
      String namespace,
      DeleteOptions options,
      ListOptions selection) {
    transport.send(
        new Call(
            "deletecollection",
            resource,
            namespace,
            "",
            "",
            query(selection),
            JSON,
            body(options)));
  }

  private KubeObject one(Call call) {
    return switch (transport.send(call)) {
      case Transport.Answer.One one -> one.object();
      case Transport.Answer.Many many ->
          throw StatusException.internal(
              call.verb() + " answered with a list of " + many.list().items().size());
    };
  }

  private static Map<String, String> query(ListOptions options) {
    Map<String, String> query = new LinkedHashMap<>();
    put(query, "labelSelector", options.labelSelector());
    put(query, "fieldSelector", options.fieldSelector());
    put(query, "resourceVersion", options.resourceVersion());
    put(query, "resourceVersionMatch", options.resourceVersionMatch());
    put(query, "continue", options.continueToken());
    if (options.limit() > 0) {
      query.put("limit", String.valueOf(options.limit()));
    }
    if (options.allowWatchBookmarks()) {
      query.put("allowWatchBookmarks", "true");
    }
    if (options.timeout() != null) {
      query.put("timeoutSeconds", String.valueOf(options.timeout().toSeconds()));
    }
    if (options.sendInitialEvents() != null) {
      query.put("sendInitialEvents", options.sendInitialEvents().toString());
    }
    return query;
  }

  private static Map<String, String> query(WriteOptions options) {
    Map<String, String> query = new LinkedHashMap<>();
    put(query, "fieldManager", options.fieldManager());
    put(query, "fieldValidation", options.fieldValidation());
    if (options.dryRun()) {
      query.put("dryRun", "All");
    }
    if (options.force()) {
      query.put("force", "true");
    }
    return query;
  }

  private static void put(Map<String, String> query, String key, String value) {
    if (!value.isEmpty()) {
      query.put(key, value);
    }
  }

  private static ObjectNode body(DeleteOptions options) {
    ObjectNode body = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
    if (options.gracePeriodSeconds() != null) {
      body.put("gracePeriodSeconds", options.gracePeriodSeconds());
    }
    if (options.propagationPolicy() != null) {
      body.put("propagationPolicy", options.propagationPolicy());
    }
    if (options.dryRun()) {
      body.putArray("dryRun").add("All");
    }
    if (options.preconditionUid() != null || options.preconditionResourceVersion() != null) {
      ObjectNode preconditions = body.putObject("preconditions");
      if (options.preconditionUid() != null) {
        preconditions.put("uid", options.preconditionUid());
      }
      if (options.preconditionResourceVersion() != null) {
        preconditions.put("resourceVersion", options.preconditionResourceVersion());
      }
    }
    return body;
  }
}
