package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Operation;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.quota.PodResources;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * New Pods get the defaults of their namespace's LimitRanges and must keep their limits; so must
 * PersistentVolumeClaims.
 */
public final class LimitRanger implements AdmissionPlugin {

  private static final GroupVersionResource LIMIT_RANGES = GroupVersionResource.core("limitranges");
  private static final String ANNOTATION = "kubernetes.io/limit-ranger";

  private final Supplier<Client> client;

  public LimitRanger(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "LimitRanger";
  }

  private static boolean isPod(AdmissionAttributes attributes) {
    return AdmissionPlugin.isCore(attributes, "pods") && attributes.operation() == Operation.CREATE;
  }

  /** A running Pod that is given more or less. */
  private static boolean isResize(AdmissionAttributes attributes) {
    return attributes.resource().qualified().equals("pods")
        && attributes.subresource().equals("resize")
        && attributes.operation() == Operation.UPDATE;
  }

  private static boolean isClaim(AdmissionAttributes attributes) {
    return AdmissionPlugin.isCore(attributes, "persistentvolumeclaims")
        && (attributes.operation() == Operation.CREATE
            || attributes.operation() == Operation.UPDATE);
  }

  private List<KubeObject> ranges(AdmissionAttributes attributes) {
    return client.get().list(LIMIT_RANGES, attributes.namespace(), ListOptions.ALL).items();
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    ObjectNode pod = isPod(attributes) ? attributes.object() : null;
    if (pod == null) {
      return;
    }
    for (KubeObject range : ranges(attributes)) {
      List<String> set = new ArrayList<>();
      for (JsonNode limit : range.at("spec", "limits")) {
        if (limit.path("type").asText().equals("Container")) {
          pod.path("spec").path("containers").forEach(c -> fill(c, limit, "container", set));
          pod.path("spec")
              .path("initContainers")
              .forEach(c -> fill(c, limit, "init container", set));
        }
      }
      if (!set.isEmpty()) {
        pod.withObject("/metadata")
            .withObject("/annotations")
            .put(ANNOTATION, "LimitRanger plugin set: " + String.join("; ", set));
      }
    }
  }

  private static void fill(JsonNode container, JsonNode limit, String what, List<String> set) {
    if (!(container instanceof ObjectNode object)) {
      return;
    }
    fill(object, "requests", limit.path("defaultRequest"), what, set);
    fill(object, "limits", limit.path("default"), what, set);
  }

  private static void fill(
      ObjectNode container, String side, JsonNode defaults, String what, List<String> set) {
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : defaults.properties()) {
      if (!container.path("resources").path(side).has(entry.getKey())) {
        container
            .withObject("/resources")
            .withObject("/" + side)
            .set(entry.getKey(), entry.getValue());
        names.add(entry.getKey());
      }
    }
    if (!names.isEmpty()) {
      names.sort(null);
      set.add(
          String.join(", ", names)
              + (side.equals("requests") ? " request for " : " limit for ")
              + what
              + " "
              + container.path("name").asText());
    }
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    boolean pod = isPod(attributes) || isResize(attributes);
    ObjectNode object = pod || isClaim(attributes) ? attributes.object() : null;
    if (object == null) {
      return;
    }
    for (KubeObject range : ranges(attributes)) {
      Set<String> wrong = new LinkedHashSet<>();
      for (JsonNode limit : range.at("spec", "limits")) {
        String type = limit.path("type").asText();
        if (pod) {
          checkPod(type, limit, object.path("spec"), wrong);
        } else if (type.equals("PersistentVolumeClaim")) {
          checkClaim(limit, object.path("spec").path("resources"), wrong);
        }
      }
      if (!wrong.isEmpty()) {
        String why =
            wrong.size() == 1 ? wrong.iterator().next() : "[" + String.join(", ", wrong) + "]";
        throw StatusException.forbidden(
            "", attributes.resource().resource(), attributes.name(), why);
      }
    }
  }

  private static void checkPod(String type, JsonNode limit, JsonNode spec, Set<String> wrong) {
    if (type.equals("Container")) {
      for (String list : new String[] {"containers", "initContainers"}) {
        for (JsonNode container : spec.path(list)) {
          JsonNode resources = container.path("resources");
          check(
              type,
              limit,
              PodResources.read(resources.path("requests")),
              PodResources.read(resources.path("limits")),
              wrong);
        }
      }
    } else if (type.equals("Pod")) {
      check(type, limit, PodResources.requests(spec), PodResources.limits(spec), wrong);
    }
  }

  private static void checkClaim(JsonNode limit, JsonNode resources, Set<String> wrong) {
    Map<String, Quantity> requests = PodResources.read(resources.path("requests"));
    String type = "PersistentVolumeClaim";
    PodResources.read(limit.path("min"))
        .forEach((name, min) -> least(type, name, min, requests.get(name), null, wrong));
    PodResources.read(limit.path("max"))
        .forEach(
            (name, max) -> {
              Quantity request = requests.get(name);
              String start = bound("maximum", name, type, max);
              if (request == null) {
                wrong.add(start + ".  No request is specified");
              } else if (request.compareTo(max) > 0) {
                wrong.add(start + ", but request is " + request);
              }
            });
  }

  private static void check(
      String type,
      JsonNode limit,
      Map<String, Quantity> requests,
      Map<String, Quantity> limits,
      Set<String> wrong) {
    PodResources.read(limit.path("min"))
        .forEach(
            (name, min) -> least(type, name, min, requests.get(name), limits.get(name), wrong));
    PodResources.read(limit.path("max"))
        .forEach((name, max) -> most(type, name, max, requests.get(name), limits.get(name), wrong));
    PodResources.read(limit.path("maxLimitRequestRatio"))
        .forEach(
            (name, ratio) -> ratio(type, name, ratio, requests.get(name), limits.get(name), wrong));
  }

  private static String bound(String which, String name, String type, Quantity value) {
    return which + " " + name + " usage per " + type + " is " + value;
  }

  private static void least(
      String type,
      String name,
      Quantity min,
      @Nullable Quantity request,
      @Nullable Quantity limit,
      Set<String> wrong) {
    String start = bound("minimum", name, type, min);
    if (request == null) {
      wrong.add(start + ".  No request is specified");
    } else if (request.compareTo(min) < 0) {
      wrong.add(start + ", but request is " + request);
    } else if (limit != null && limit.compareTo(min) < 0) {
      wrong.add(start + ", but limit is " + limit);
    }
  }

  private static void most(
      String type,
      String name,
      Quantity max,
      @Nullable Quantity request,
      @Nullable Quantity limit,
      Set<String> wrong) {
    String start = bound("maximum", name, type, max);
    if (limit == null) {
      wrong.add(start + ".  No limit is specified");
    } else if (limit.compareTo(max) > 0) {
      wrong.add(start + ", but limit is " + limit);
    } else if (request != null && request.compareTo(max) > 0) {
      wrong.add(start + ", but request is " + request);
    }
  }

  private static void ratio(
      String type,
      String name,
      Quantity most,
      @Nullable Quantity request,
      @Nullable Quantity limit,
      Set<String> wrong) {
    String start = name + " max limit to request ratio per " + type + " is " + most;
    if (request == null || request.signum() == 0) {
      wrong.add(start + ", but no request is specified or request is 0");
    } else if (limit == null || limit.signum() == 0) {
      wrong.add(start + ", but no limit is specified or limit is 0");
    } else {
      double observed = limit.value().doubleValue() / request.value().doubleValue();
      if (observed > most.value().doubleValue()) {
        wrong.add(start + String.format(Locale.ROOT, ", but provided ratio is %f", observed));
      }
    }
  }
}
