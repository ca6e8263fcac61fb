package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.quota.PodResources;
import dev.coracle.client.quota.QuotaScopes;
import dev.coracle.client.quota.QuotaUsage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Nothing is stored that goes beyond a ResourceQuota: what a write adds is reserved in {@code
 * status.used}, by a write that fails if another came between, before the object is stored. What is
 * reserved and then not stored is given back when the controller counts again.
 */
public final class ResourceQuotaAdmission implements AdmissionPlugin {

  private static final GroupVersionResource QUOTAS = GroupVersionResource.core("resourcequotas");
  private static final int ATTEMPTS = 50;

  private final Supplier<Client> client;
  private final JsonNode limitedResources;
  private volatile @Nullable SharedInformer quotas;

  /**
   * @param configuration a ResourceQuotaConfiguration; missing when there is none
   */
  public ResourceQuotaAdmission(Supplier<Client> client, JsonNode configuration) {
    this.client = client;
    this.limitedResources = configuration.path("limitedResources");
  }

  /** Knows the stored quotas when this returns. */
  public void start(Informers informers) throws InterruptedException {
    SharedInformer informer = informers.of(QUOTAS);
    informer.awaitSync();
    quotas = informer;
  }

  @Override
  public String name() {
    return "ResourceQuota";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    SharedInformer informer = quotas;
    if (informer == null || attributes.namespace().isEmpty() || !counts(attributes)) {
      return;
    }
    ObjectNode object = attributes.object();
    if (object == null) {
      return;
    }
    List<KubeObject> there = new ArrayList<>(informer.list(attributes.namespace()));
    there.sort(Comparator.comparing(KubeObject::name));
    List<KubeObject> touched = new ArrayList<>();
    for (KubeObject quota : there) {
      if (!newUsage(attributes, object, quota).isEmpty()) {
        touched.add(quota);
      }
    }
    if (!limitedResources.isEmpty()) {
      requireCover(attributes, object, there);
    }
    for (KubeObject quota : touched) {
      reserve(attributes, object, quota);
    }
  }

  /** What is limited by default may only be consumed where a quota is about it. */
  private void requireCover(
      AdmissionAttributes attributes, ObjectNode object, List<KubeObject> quotas) {
    String resource = attributes.resource().qualified();
    Set<String> consumed = new TreeSet<>();
    List<String> scopes = new ArrayList<>();
    for (JsonNode limited : limitedResources) {
      if (!limited.path("apiGroup").asText("").equals(attributes.resource().group())
          || !limited.path("resource").asText("").equals(attributes.resource().resource())) {
        continue;
      }
      for (Map.Entry<String, Quantity> usage :
          QuotaUsage.of(attributes.resource(), object).entrySet()) {
        for (JsonNode part : limited.path("matchContains")) {
          if (usage.getValue().signum() > 0 && usage.getKey().contains(part.asText())) {
            consumed.add(usage.getKey());
          }
        }
      }
      for (JsonNode scope : limited.path("matchScopes")) {
        if (QuotaScopes.matchesScope(scope, resource, object)
            && quotas.stream().noneMatch(quota -> covers(quota, scope, resource, object))) {
          scopes.add(shown(scope));
        }
      }
    }
    for (KubeObject quota : quotas) {
      if (QuotaScopes.matches(quota.at("spec"), resource, object)) {
        quota.at("status", "hard").fieldNames().forEachRemaining(consumed::remove);
      }
    }
    if (!consumed.isEmpty()) {
      throw refused(attributes, "insufficient quota to consume: " + String.join(",", consumed));
    }
    if (!scopes.isEmpty()) {
      throw refused(
          attributes,
          "insufficient quota to match these scopes: [" + String.join(" ", scopes) + "]");
    }
  }

  /** Whether a quota has the scope in its selector and is about the object. */
  private static boolean covers(
      KubeObject quota, JsonNode scope, String resource, ObjectNode object) {
    if (!QuotaScopes.matches(quota.at("spec"), resource, object)) {
      return false;
    }
    for (JsonNode own : quota.at("spec", "scopes")) {
      if (own.asText().equals(scope.path("scopeName").asText())) {
        return true;
      }
    }
    for (JsonNode own : quota.at("spec", "scopeSelector", "matchExpressions")) {
      if (own.path("scopeName").equals(scope.path("scopeName"))) {
        return true;
      }
    }
    return false;
  }

  private static String shown(JsonNode scope) {
    List<String> values = new ArrayList<>();
    scope.path("values").forEach(value -> values.add(value.asText()));
    return "{"
        + scope.path("scopeName").asText()
        + " "
        + scope.path("operator").asText()
        + " ["
        + String.join(" ", values)
        + "]}";
  }

  private static boolean counts(AdmissionAttributes attributes) {
    if (attributes.operation() == Operation.CREATE) {
      return attributes.subresource().isEmpty();
    }
    if (attributes.operation() != Operation.UPDATE || !attributes.resource().group().isEmpty()) {
      return false;
    }
    return switch (attributes.resource().resource()) {
      case "services", "persistentvolumeclaims" -> attributes.subresource().isEmpty();
      case "pods" -> attributes.subresource().equals("resize");
      default -> false;
    };
  }

  private void reserve(AdmissionAttributes attributes, ObjectNode object, KubeObject first) {
    KubeObject quota = first;
    for (int attempt = 1; ; attempt++) {
      Map<String, Quantity> used = newUsage(attributes, object, quota);
      if (used.isEmpty() || attributes.dryRun()) {
        return;
      }
      ObjectNode wanted = quota.mutableTree();
      ObjectNode usedNode = wanted.withObject("/status").withObject("/used");
      used.forEach((name, value) -> usedNode.put(name, value.toString()));
      try {
        client.get().updateStatus(QUOTAS, quota.namespace(), quota.name(), wanted);
        return;
      } catch (StatusException e) {
        if (e.status().code() != 409 && !e.isNotFound()) {
          throw e;
        }
        if (attempt == ATTEMPTS) {
          throw StatusException.serviceUnavailable(
              "resource quota " + quota.name() + " is being written by too many requests");
        }
        KubeObject newer = client.get().find(QUOTAS, quota.namespace(), quota.name());
        if (newer == null) {
          return;
        }
        quota = newer;
      }
    }
  }

  /**
   * What the quota would have used; only names that grow or shrink.
   *
   * @throws StatusException 403 when it is too much
   */
  private static Map<String, Quantity> newUsage(
      AdmissionAttributes attributes, ObjectNode object, KubeObject quota) {
    String resource = attributes.resource().qualified();
    JsonNode statusHard = quota.at("status", "hard");
    Set<String> names = new TreeSet<>();
    for (Map.Entry<String, JsonNode> entry : statusHard.properties()) {
      if (resource.equals(QuotaUsage.resourceOf(entry.getKey()))) {
        names.add(entry.getKey());
      }
    }
    if (names.isEmpty() || !QuotaScopes.matches(quota.at("spec"), resource, object)) {
      return Map.of();
    }
    if (resource.equals("pods") && attributes.operation() == Operation.CREATE) {
      String missing = QuotaUsage.missing(names, object.path("spec"));
      if (!missing.isEmpty()) {
        throw refused(attributes, "failed quota: " + quota.name() + ": must specify " + missing);
      }
    }
    Map<String, Quantity> used = PodResources.read(quota.at("status", "used"));
    Set<String> unknown = new TreeSet<>(names);
    unknown.removeAll(used.keySet());
    if (!unknown.isEmpty()) {
      throw refused(
          attributes,
          "status unknown for quota: "
              + quota.name()
              + ", resources: "
              + String.join(",", unknown));
    }
    Map<String, Quantity> delta = QuotaUsage.of(attributes.resource(), object);
    KubeObject old = attributes.oldObject();
    if (attributes.operation() == Operation.UPDATE && old != null) {
      QuotaUsage.of(attributes.resource(), old.tree())
          .forEach((name, value) -> delta.merge(name, value.negated(), Quantity::plus));
    }
    delta.keySet().retainAll(names);
    delta.values().removeIf(value -> value.signum() == 0);
    return added(attributes, quota, delta, used, PodResources.read(statusHard));
  }

  private static Map<String, Quantity> added(
      AdmissionAttributes attributes,
      KubeObject quota,
      Map<String, Quantity> delta,
      Map<String, Quantity> used,
      Map<String, Quantity> hard) {
    Map<String, Quantity> result = new TreeMap<>();
    List<String> requested = new ArrayList<>();
    List<String> usedNow = new ArrayList<>();
    List<String> limited = new ArrayList<>();
    for (Map.Entry<String, Quantity> entry : delta.entrySet()) {
      String name = entry.getKey();
      Quantity before = used.getOrDefault(name, Quantity.ZERO);
      Quantity most = hard.getOrDefault(name, Quantity.ZERO);
      Quantity after = before.plus(entry.getValue());
      result.put(name, after);
      if (entry.getValue().signum() > 0 && after.compareTo(most) > 0) {
        requested.add(name + "=" + entry.getValue());
        usedNow.add(name + "=" + before);
        limited.add(name + "=" + most);
      }
    }
    if (!requested.isEmpty()) {
      throw refused(
          attributes,
          "exceeded quota: "
              + quota.name()
              + ", requested: "
              + String.join(",", requested)
              + ", used: "
              + String.join(",", usedNow)
              + ", limited: "
              + String.join(",", limited));
    }
    return result;
  }

  private static StatusException refused(AdmissionAttributes attributes, String why) {
    return StatusException.forbidden(
        attributes.resource().group(), attributes.resource().resource(), attributes.name(), why);
  }
}
