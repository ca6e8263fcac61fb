package dev.coracle.cluster.fuzz;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Whole objects of the kinds that matter most, which are accepted as they are. */
final class Seeds {

  private static final String POD =
      """
      {"containers":[{"name":"a","image":"b:1","ports":[{"containerPort":80,"name":"http"}],
        "env":[{"name":"E","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
        "resources":{"requests":{"cpu":"100m","memory":"1Mi"}},
        "livenessProbe":{"httpGet":{"path":"/","port":"http"}},
        "volumeMounts":[{"name":"v","mountPath":"/v"}]}],
       "volumes":[{"name":"v","downwardAPI":{"items":[{"path":"labels",
         "fieldRef":{"fieldPath":"metadata.labels"}}]}}],
       "tolerations":[{"key":"k","operator":"Exists"}]%s}
      """;
  private static final String TEMPLATE =
      "{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":" + POD + "}";
  private static final String SELECTOR = "\"selector\":{\"matchLabels\":{\"app\":\"web\"}}";

  private static final Map<String, String> BODIES =
      Map.ofEntries(
          Map.entry("pods", "{\"spec\":" + POD.formatted("") + "}"),
          Map.entry(
              "deployments",
              "{\"spec\":{\"replicas\":2,%s,\"template\":%s}}"
                  .formatted(SELECTOR, TEMPLATE.formatted(""))),
          Map.entry(
              "statefulsets",
              "{\"spec\":{\"serviceName\":\"a\",%s,\"template\":%s}}"
                  .formatted(SELECTOR, TEMPLATE.formatted(""))),
          Map.entry(
              "daemonsets",
              "{\"spec\":{%s,\"template\":%s}}".formatted(SELECTOR, TEMPLATE.formatted(""))),
          Map.entry(
              "jobs",
              "{\"spec\":{\"template\":%s}}"
                  .formatted(TEMPLATE.formatted(",\"restartPolicy\":\"Never\""))),
          Map.entry(
              "cronjobs",
              "{\"spec\":{\"schedule\":\"0 0 1 1 *\",\"jobTemplate\":{\"spec\":{\"template\":%s}}}}"
                  .formatted(TEMPLATE.formatted(",\"restartPolicy\":\"Never\""))),
          Map.entry(
              "services",
              "{\"spec\":{\"type\":\"NodePort\",\"selector\":{\"app\":\"web\"},"
                  + "\"ports\":[{\"name\":\"http\",\"port\":80,\"targetPort\":\"http\"}]}}"),
          Map.entry("configmaps", "{\"data\":{\"a\":\"b\"},\"binaryData\":{\"c\":\"AAE=\"}}"),
          Map.entry("secrets", "{\"type\":\"Opaque\",\"data\":{\"a\":\"AAE=\"}}"),
          Map.entry("serviceaccounts", "{\"secrets\":[{\"name\":\"a\"}]}"),
          Map.entry("namespaces", "{}"),
          Map.entry("nodes", "{\"spec\":{\"taints\":[{\"key\":\"a\",\"effect\":\"NoSchedule\"}]}}"),
          Map.entry(
              "persistentvolumeclaims",
              "{\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
                  + "\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}}"),
          Map.entry(
              "networkpolicies",
              "{\"spec\":{\"podSelector\":{},\"ingress\":[{\"from\":[{\"ipBlock\":"
                  + "{\"cidr\":\"10.0.0.0/8\"}}]}]}}"),
          Map.entry(
              "ingresses",
              "{\"spec\":{\"rules\":[{\"host\":\"a.b\",\"http\":{\"paths\":[{\"path\":\"/\","
                  + "\"pathType\":\"Prefix\",\"backend\":{\"service\":{\"name\":\"a\","
                  + "\"port\":{\"number\":80}}}}]}}]}}"),
          Map.entry(
              "roles",
              "{\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\"]}]}"),
          Map.entry("leases", "{\"spec\":{\"holderIdentity\":\"a\",\"leaseDurationSeconds\":5}}"),
          Map.entry(
              "poddisruptionbudgets", "{\"spec\":{\"minAvailable\":\"50%\"," + SELECTOR + "}}"),
          Map.entry(
              "horizontalpodautoscalers",
              "{\"spec\":{\"minReplicas\":1,\"maxReplicas\":3,\"scaleTargetRef\":"
                  + "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"fuzz-1\"}}}"),
          Map.entry(
              "widgets",
              "{\"spec\":{\"size\":1,\"parts\":[{\"name\":\"a\",\"any\":1}],\"free\":{\"x\":1}}}"));

  private Seeds() {}

  static boolean has(String resource) {
    return BODIES.containsKey(resource);
  }

  static @Nullable ObjectNode make(Requests.Resource resource, String name, Random random) {
    String body = BODIES.get(resource.name());
    if (body == null || !(Json.read(body) instanceof ObjectNode object)) {
      return null;
    }
    object
        .put(
            "apiVersion",
            resource.group().isEmpty()
                ? resource.version()
                : resource.group() + "/" + resource.version())
        .put("kind", resource.kind());
    object
        .putObject("metadata")
        .put("name", name)
        .putObject("labels")
        .put("app", random.nextBoolean() ? "web" : "db");
    return object;
  }
}
