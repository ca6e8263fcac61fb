package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.coracle.api.Json;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.Status;
import dev.coracle.api.StatusJson;
import dev.coracle.api.Timestamps;
import dev.coracle.api.UserInfo;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record of one request ({@code audit.k8s.io/v1 Event}), filled while it is served by the
 * threads that serve it.
 */
public final class AuditEvent implements BiConsumer<String, String> {

  private static final Logger LOG = LoggerFactory.getLogger(AuditEvent.class);
  private static final long SLOW_NANOS = 500_000_000L;

  private final Auditor auditor;
  private final PolicyRule rule;
  private final String auditId;
  private final String requestUri;
  private final String userAgent;
  private final List<String> sourceIps;
  private final @Nullable UserInfo user;
  private final RequestInfo info;
  private final Instant received = Instant.now();
  private final long began = System.nanoTime();
  private final Map<String, String> annotations = Collections.synchronizedMap(new TreeMap<>());
  private @Nullable UserInfo impersonated;
  private String objectNamespace;
  private String objectName;
  private String objectUid = "";
  private String objectVersion = "";
  private @Nullable ObjectNode status;
  private @Nullable RawValue requestObject;
  private @Nullable RawValue responseObject;
  private boolean started;
  private volatile boolean unauthenticated;

  AuditEvent(
      Auditor auditor,
      PolicyRule rule,
      String auditId,
      String requestUri,
      String userAgent,
      List<String> sourceIps,
      @Nullable UserInfo user,
      RequestInfo info) {
    this.auditor = auditor;
    this.rule = rule;
    this.auditId = auditId;
    this.requestUri = requestUri;
    this.userAgent = userAgent;
    this.sourceIps = sourceIps;
    this.user = user;
    this.info = info;
    this.objectNamespace = info.namespace();
    this.objectName = info.name();
  }

  /** Adds an annotation; the first value of a key stays. */
  @Override
  public synchronized void accept(String key, String value) {
    String before = annotations.putIfAbsent(key, value);
    if (before != null && !before.equals(value)) {
      LOG.warn("failed to set annotations[{}] of audit {}: it has already been set", key, auditId);
    }
  }

  /** The annotations themselves, for those who collect theirs in a map; safe for any thread. */
  public Map<String, String> annotations() {
    return annotations;
  }

  /** The request is served as somebody else. */
  public synchronized void impersonated(UserInfo as) {
    impersonated = as;
  }

  /** The object of a create or update, as the client sent it; the tree is not kept. */
  public synchronized void requestObject(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    objectNamespace = or(objectNamespace, metadata, "namespace");
    objectName = or(objectName, metadata, "name");
    objectUid = or(objectUid, metadata, "uid");
    objectVersion = or(objectVersion, metadata, "resourceVersion");
    if (rule.level().atLeast(Level.REQUEST)) {
      requestObject = raw(Json.write(withoutManagedFields(object)));
    }
  }

  private static String or(String known, JsonNode metadata, String field) {
    return known.isEmpty() ? metadata.path(field).asText("") : known;
  }

  /** Whether {@link #requestPatch} is of use. */
  public boolean wantsRequest() {
    return rule.level().atLeast(Level.REQUEST);
  }

  /** A patch, as JSON. */
  public synchronized void requestPatch(byte[] json) {
    if (wantsRequest()) {
      requestObject = raw(json);
    }
  }

  /** Whether {@link #responseObject} is of use. */
  public boolean wantsResponse() {
    return rule.level().atLeast(Level.REQUEST_RESPONSE);
  }

  /** What is answered, as JSON. */
  public synchronized void responseObject(byte[] json) {
    if (!wantsResponse()) {
      return;
    }
    responseObject =
        raw(rule.omitManagedFields() ? Json.write(withoutManagedFields(Json.read(json))) : json);
  }

  private JsonNode withoutManagedFields(JsonNode object) {
    if (!rule.omitManagedFields()) {
      return object;
    }
    JsonNode copy = object.deepCopy();
    drop(copy);
    copy.path("items").forEach(AuditEvent::drop);
    copy.path("rows").forEach(row -> drop(row.path("object")));
    return copy;
  }

  private static void drop(JsonNode object) {
    if (object.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("managedFields");
    }
  }

  private static RawValue raw(byte[] json) {
    return new RawValue(new String(json, StandardCharsets.UTF_8).stripTrailing());
  }

  /** The answer is a failure. */
  public synchronized void failed(Status failure) {
    ObjectNode json = StatusJson.write(failure);
    responseStatus(json);
    if (wantsResponse()) {
      responseObject = raw(Json.write(json));
    }
  }

  /** The answer is a {@code Status}. */
  public synchronized void responseStatus(ObjectNode json) {
    ObjectNode bounded = Json.object();
    bounded.putObject("metadata");
    for (String field : List.of("status", "message", "reason", "details", "code")) {
      if (json.has(field)) {
        bounded.set(field, json.get(field));
      }
    }
    status = bounded;
  }

  /** Nobody knows who asks: the head of the answer is all that is recorded. */
  synchronized void unauthenticated() {
    unauthenticated = true;
  }

  /** The head of the answer goes out; the first call counts. */
  public void responseStarted(int code, boolean longRunning) {
    synchronized (this) {
      if (started) {
        return;
      }
      started = true;
      code(code);
    }
    if (longRunning || unauthenticated) {
      record(Stage.RESPONSE_STARTED);
    }
  }

  private void code(int code) {
    ObjectNode known = status;
    if (known == null) {
      known = Json.object();
      known.putObject("metadata");
      status = known;
    }
    known.put("code", code);
  }

  /** The answer is out, or its peer is gone. */
  public void complete(boolean longRunning) {
    if (unauthenticated) {
      return;
    }
    synchronized (this) {
      if (status == null) {
        ObjectNode early = Json.object();
        early.putObject("metadata");
        status =
            early
                .put("status", "Success")
                .put("message", "Connection closed early")
                .put("code", 200);
      }
      long took = System.nanoTime() - began;
      if (took > SLOW_NANOS && !longRunning) {
        annotations.putIfAbsent("apiserver.latency.k8s.io/total", took / 1000 / 1e3 + "ms");
      }
    }
    if (longRunning && !started) {
      record(Stage.RESPONSE_STARTED);
    }
    record(Stage.RESPONSE_COMPLETE);
  }

  /** Serving the request broke; {@link #complete} is not called. */
  public void panicked(String why) {
    synchronized (this) {
      ObjectNode json = Json.object();
      json.putObject("metadata");
      status =
          json.put("status", "Failure")
              .put("message", "APIServer panic'd: " + why)
              .put("reason", "InternalError")
              .put("code", 500);
    }
    record(Stage.PANIC);
  }

  /** Whether the event is where it belongs, or nobody wants it. */
  boolean record(Stage stage) {
    if (rule.omitStages().contains(stage)) {
      return true;
    }
    return auditor.process(json(stage));
  }

  private synchronized ObjectNode json(Stage stage) {
    ObjectNode event = Json.object();
    event.put("kind", "Event").put("apiVersion", "audit.k8s.io/v1");
    event.put("level", rule.level().text());
    event.put("auditID", auditId);
    event.put("stage", stage.text());
    event.put("requestURI", requestUri);
    event.put("verb", info.verb());
    user(event.putObject("user"), user);
    if (impersonated != null) {
      user(event.putObject("impersonatedUser"), impersonated);
    }
    if (!sourceIps.isEmpty()) {
      sourceIps.forEach(event.putArray("sourceIPs")::add);
    }
    put(event, "userAgent", userAgent);
    if (info.isResourceRequest()) {
      ObjectNode reference = event.putObject("objectRef");
      put(reference, "resource", info.resource());
      put(reference, "namespace", objectNamespace);
      put(reference, "name", objectName);
      put(reference, "uid", objectUid);
      put(reference, "apiGroup", info.apiGroup());
      put(reference, "apiVersion", info.apiVersion());
      put(reference, "resourceVersion", objectVersion);
      put(reference, "subresource", info.subresource());
    }
    if (status != null) {
      event.set("responseStatus", status.deepCopy());
    }
    if (requestObject != null) {
      event.putRawValue("requestObject", requestObject);
    }
    if (responseObject != null) {
      event.putRawValue("responseObject", responseObject);
    }
    String receivedAt = Timestamps.micros(received);
    event.put("requestReceivedTimestamp", receivedAt);
    event.put(
        "stageTimestamp",
        stage == Stage.REQUEST_RECEIVED ? receivedAt : Timestamps.micros(Instant.now()));
    synchronized (annotations) {
      if (!annotations.isEmpty()) {
        annotations.forEach(event.putObject("annotations")::put);
      }
    }
    return event;
  }

  private static void put(ObjectNode node, String field, String value) {
    if (!value.isEmpty()) {
      node.put(field, value);
    }
  }

  private static void user(ObjectNode json, @Nullable UserInfo user) {
    if (user == null) {
      return;
    }
    put(json, "username", user.name());
    put(json, "uid", user.uid());
    if (!user.groups().isEmpty()) {
      user.groups().forEach(json.putArray("groups")::add);
    }
    if (!user.extra().isEmpty()) {
      ObjectNode extra = json.putObject("extra");
      new TreeMap<>(user.extra())
          .forEach((key, values) -> values.forEach(extra.putArray(key)::add));
    }
  }
}
