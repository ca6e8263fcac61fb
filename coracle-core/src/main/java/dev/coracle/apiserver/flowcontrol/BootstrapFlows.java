package dev.coracle.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The objects with which a kube-apiserver begins: the mandatory ones, which nobody can change, and
 * those that it suggests.
 */
final class BootstrapFlows {

  static final String API_VERSION = "flowcontrol.apiserver.k8s.io/v1";
  static final String LEVEL = "PriorityLevelConfiguration";
  static final String SCHEMA = "FlowSchema";

  /** Says whether the server keeps an object's spec. */
  static final String AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";

  /** Of both kinds. */
  static final Set<String> MANDATORY = Set.of("exempt", "catch-all");

  private static final String ANY = "*";
  private static final String[] EVERYBODY = {
    "Group system:unauthenticated", "Group system:authenticated"
  };
  private static final String[] KUBE_SYSTEM = {"ServiceAccount kube-system/*"};

  private final Map<String, ObjectNode> levels = new LinkedHashMap<>();
  private final Map<String, ObjectNode> schemas = new LinkedHashMap<>();

  BootstrapFlows() {
    exemptLevel();
    level("catch-all", 5, 0, 0, 0);
    level("system", 30, 33, 64, 6);
    level("node-high", 40, 25, 64, 6);
    level("leader-election", 10, 0, 16, 4);
    level("workload-high", 40, 50, 128, 6);
    level("workload-low", 100, 90, 128, 6);
    level("global-default", 20, 50, 128, 6);

    everything(schema("exempt", "exempt", 1, "", "Group system:masters"));
    everything(schema("catch-all", "catch-all", 10_000, "ByUser", EVERYBODY));
    everything(schema("system-nodes", "system", 500, "ByUser", "Group system:nodes"));
    ObjectNode nodeHigh =
        schema("system-node-high", "node-high", 400, "ByUser", "Group system:nodes");
    resource(nodeHigh, ANY, "", "nodes,nodes/status", true);
    resource(nodeHigh, ANY, "coordination.k8s.io", "leases", false);
    ObjectNode probes = schema("probes", "exempt", 2, "", EVERYBODY);
    path(probes, "get", "/healthz,/readyz,/livez");
    resource(
        schema(
            "system-leader-election",
            "leader-election",
            100,
            "ByUser",
            "User system:kube-controller-manager",
            "User system:kube-scheduler",
            KUBE_SYSTEM[0]),
        "get,create,update",
        "coordination.k8s.io",
        "leases",
        false);
    resource(
        schema(
            "endpoint-controller",
            "workload-high",
            150,
            "ByUser",
            "User system:kube-controller-manager",
            "ServiceAccount kube-system/endpoint-controller",
            "ServiceAccount kube-system/endpointslicemirroring-controller"),
        "get,create,update",
        "",
        "endpoints",
        false);
    ObjectNode leaders =
        schema("workload-leader-election", "leader-election", 200, "ByUser", KUBE_SYSTEM);
    resource(leaders, "get,create,update", "", "endpoints,configmaps", false);
    resource(leaders, "get,create,update", "coordination.k8s.io", "leases", false);
    everything(
        schema(
            "kube-controller-manager",
            "workload-high",
            800,
            "ByNamespace",
            "User system:kube-controller-manager"));
    everything(
        schema(
            "kube-scheduler", "workload-high", 800, "ByNamespace", "User system:kube-scheduler"));
    everything(
        schema("kube-system-service-accounts", "workload-high", 900, "ByNamespace", KUBE_SYSTEM));
    everything(
        schema("service-accounts", "workload-low", 9000, "ByUser", "Group system:serviceaccounts"));
    everything(schema("global-default", "global-default", 9900, "ByUser", EVERYBODY));
  }

  /** PriorityLevelConfigurations by name. */
  Map<String, ObjectNode> levels() {
    return levels;
  }

  /** FlowSchemas by name. */
  Map<String, ObjectNode> schemas() {
    return schemas;
  }

  private static ObjectNode object(String kind, String name) {
    ObjectNode object = Json.object().put("apiVersion", API_VERSION).put("kind", kind);
    object
        .putObject("metadata")
        .put("name", name)
        .putObject("annotations")
        .put(AUTO_UPDATE, "true");
    return object;
  }

  private void exemptLevel() {
    ObjectNode level = object(LEVEL, "exempt");
    level
        .putObject("spec")
        .put("type", "Exempt")
        .putObject("exempt")
        .put("nominalConcurrencyShares", 0)
        .put("lendablePercent", 0);
    levels.put("exempt", level);
  }

  /**
   * @param queues 0 to reject what is too much instead of queuing it
   */
  private void level(String name, int shares, int lendable, int queues, int handSize) {
    ObjectNode level = object(LEVEL, name);
    ObjectNode limited =
        level
            .putObject("spec")
            .put("type", "Limited")
            .putObject("limited")
            .put("nominalConcurrencyShares", shares)
            .put("lendablePercent", lendable);
    ObjectNode response = limited.putObject("limitResponse");
    response.put("type", queues == 0 ? "Reject" : "Queue");
    if (queues > 0) {
      response
          .putObject("queuing")
          .put("queues", queues)
          .put("handSize", handSize)
          .put("queueLengthLimit", 50);
    }
    levels.put(name, level);
  }

  /**
   * @param subjects a kind and a name each
   * @return the rule that is to be filled
   */
  private ObjectNode schema(
      String name, String level, int precedence, String distinguisher, String... subjects) {
    ObjectNode schema = object(SCHEMA, name);
    ObjectNode spec = schema.putObject("spec");
    spec.putObject("priorityLevelConfiguration").put("name", level);
    spec.put("matchingPrecedence", precedence);
    if (!distinguisher.isEmpty()) {
      spec.putObject("distinguisherMethod").put("type", distinguisher);
    }
    ObjectNode rule = spec.putArray("rules").addObject();
    ArrayNode list = rule.putArray("subjects");
    for (String subject : subjects) {
      String[] words = subject.split(" ", 2);
      ObjectNode entry = list.addObject().put("kind", words[0]);
      switch (words[0]) {
        case "User" -> entry.putObject("user").put("name", words[1]);
        case "Group" -> entry.putObject("group").put("name", words[1]);
        default -> {
          String[] account = words[1].split("/", 2);
          entry.putObject("serviceAccount").put("namespace", account[0]).put("name", account[1]);
        }
      }
    }
    schemas.put(name, schema);
    return rule;
  }

  private static void everything(ObjectNode rule) {
    resource(rule, ANY, ANY, ANY, true);
    path(rule, ANY, ANY);
  }

  private static void resource(
      ObjectNode rule, String verbs, String group, String resources, boolean clusterScope) {
    ObjectNode entry = rule.withArray("/resourceRules").addObject();
    list(entry, "verbs", verbs);
    list(entry, "apiGroups", group);
    list(entry, "resources", resources);
    if (clusterScope) {
      entry.put("clusterScope", true);
    }
    list(entry, "namespaces", ANY);
  }

  private static void path(ObjectNode rule, String verbs, String paths) {
    ObjectNode entry = rule.withArray("/nonResourceRules").addObject();
    list(entry, "verbs", verbs);
    list(entry, "nonResourceURLs", paths);
  }

  private static void list(ObjectNode entry, String field, String values) {
    ArrayNode list = entry.putArray(field);
    for (String value : values.split(",", -1)) {
      list.add(value);
    }
  }
}
