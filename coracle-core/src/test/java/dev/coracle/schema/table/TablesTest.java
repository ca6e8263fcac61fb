package dev.coracle.schema.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.schema.Schemas;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TablesTest {

  private static final Instant NOW = Instant.parse("2026-05-06T12:00:00Z");

  private static KubeObject object(String apiVersion, String kind, String rest) {
    ObjectNode tree = Json.readObject(("{" + rest + "}").getBytes(StandardCharsets.UTF_8));
    tree.put("apiVersion", apiVersion).put("kind", kind);
    ObjectNode metadata = tree.withObjectProperty("metadata");
    metadata.put("name", "x").put("creationTimestamp", "2026-05-06T11:55:00Z");
    return KubeObject.of(tree);
  }

  private static List<String> row(String apiVersion, String kind, String rest) {
    List<String> cells = new ArrayList<>();
    KubeObject object = object(apiVersion, kind, rest);
    RowReader.Cells row = Tables.reader(object.gvk()).read(object, NOW);
    row.cells().forEach(cell -> cells.add(cell.asText()));
    assertThat(row).isEqualTo(Tables.row(object.gvk(), Row.of(object, NOW)));
    assertThat(cells).hasSameSizeAs(Tables.columns(object.gvk()));
    return cells;
  }

  /** READY, STATUS and RESTARTS of a Pod with two containers. */
  private static String pod(String metadata, String status) {
    List<String> cells =
        row(
            "v1",
            "Pod",
            "\"metadata\":{"
                + metadata
                + "},\"spec\":{\"initContainers\":[{\"name\":\"i\"},{\"name\":\"s\","
                + "\"restartPolicy\":\"Always\"}],\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]},"
                + "\"status\":{"
                + status
                + "}");
    return String.join(" | ", cells.subList(1, 4));
  }

  private static final String READY_SIDECAR =
      "\"initContainerStatuses\":[{\"name\":\"i\",\"state\":{\"terminated\":{\"exitCode\":0}}},"
          + "{\"name\":\"s\",\"started\":true,\"ready\":true,\"state\":{\"running\":{}}}],";

  @Test
  void pod_pendingAndInitializing() {
    assertThat(pod("", "\"phase\":\"Pending\"")).isEqualTo("0/3 | Pending | 0");
    assertThat(
            pod(
                "",
                "\"phase\":\"Pending\",\"initContainerStatuses\":[{\"name\":\"i\","
                    + "\"state\":{\"running\":{}}}]"))
        .isEqualTo("0/3 | Init:0/2 | 0");
    assertThat(
            pod(
                "",
                "\"phase\":\"Pending\",\"initContainerStatuses\":[{\"name\":\"i\","
                    + "\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}},\"restartCount\":2,"
                    + "\"lastState\":{\"terminated\":{\"finishedAt\":\"2026-05-06T11:59:00Z\"}}}]"))
        .isEqualTo("0/3 | Init:CrashLoopBackOff | 2 (60s ago)");
    assertThat(
            pod(
                "",
                "\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\","
                    + "\"reason\":\"SchedulingGated\",\"status\":\"False\"}]"))
        .isEqualTo("0/3 | SchedulingGated | 0");
  }

  @Test
  void pod_runningAndCrashing() {
    String running = "\"ready\":true,\"restartCount\":0,\"state\":{\"running\":{}}";
    assertThat(
            pod(
                "",
                "\"phase\":\"Running\","
                    + READY_SIDECAR
                    + "\"containerStatuses\":[{\"name\":\"a\","
                    + running
                    + "},{\"name\":\"b\","
                    + running
                    + "}]"))
        .isEqualTo("3/3 | Running | 0");
    assertThat(
            pod(
                "",
                "\"phase\":\"Running\","
                    + READY_SIDECAR
                    + "\"containerStatuses\":[{\"name\":\"a\","
                    + running
                    + "},{\"name\":\"b\",\"restartCount\":3,\"lastState\":{\"terminated\":"
                    + "{\"finishedAt\":\"2026-05-06T11:52:30Z\"}},"
                    + "\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}}]"))
        .isEqualTo("2/3 | CrashLoopBackOff | 3 (7m30s ago)");
  }

  @Test
  void pod_endedAndDeleted() {
    String done = "\"state\":{\"terminated\":{\"exitCode\":0,\"reason\":\"Completed\"}}";
    String failed = "\"state\":{\"terminated\":{\"exitCode\":3}}";
    String killed = "\"state\":{\"terminated\":{\"exitCode\":137,\"signal\":9}}";
    assertThat(pod("", "\"phase\":\"Succeeded\",\"containerStatuses\":[{" + done + "}]"))
        .isEqualTo("0/3 | Completed | 0");
    assertThat(pod("", "\"phase\":\"Failed\",\"containerStatuses\":[{" + failed + "}]"))
        .isEqualTo("0/3 | ExitCode:3 | 0");
    assertThat(pod("", "\"phase\":\"Failed\",\"containerStatuses\":[{" + killed + "}]"))
        .isEqualTo("0/3 | Signal:9 | 0");
    String deleting = "\"deletionTimestamp\":\"2026-05-06T12:00:00Z\"";
    assertThat(pod(deleting, "\"phase\":\"Running\"")).isEqualTo("0/3 | Terminating | 0");
    assertThat(pod(deleting, "\"phase\":\"Running\",\"reason\":\"NodeLost\""))
        .isEqualTo("0/3 | Unknown | 0");
    assertThat(
            pod(
                "",
                "\"phase\":\"Running\",\"containerStatuses\":[{"
                    + done
                    + "},{\"ready\":true,\"state\":{\"running\":{}}}]"))
        .isEqualTo("1/3 | NotReady | 0");
  }

  @Test
  void pod_ended_hasACondition() {
    assertThat(conditions("\"status\":{\"phase\":\"Succeeded\"}")).hasSize(1);
    assertThat(conditions("\"status\":{\"phase\":\"Running\"}")).isEmpty();
  }

  private static JsonNode conditions(String pod) {
    KubeObject object = object("v1", "Pod", pod);
    return Tables.reader(object.gvk()).read(object, NOW).conditions();
  }

  @Test
  void node_statusRolesAddresses() {
    assertThat(
            row(
                "v1",
                "Node",
                """
                "metadata":{"labels":{"node-role.kubernetes.io/control-plane":""}},
                "spec":{"unschedulable":true},
                "status":{"conditions":[{"type":"Ready","status":"True"}],
                 "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
                 "nodeInfo":{"kubeletVersion":"v1.36.2","osImage":"Linux"}}"""))
        .containsExactly(
            "x",
            "Ready,SchedulingDisabled",
            "control-plane",
            "5m",
            "v1.36.2",
            "10.0.0.1",
            "<none>",
            "Linux",
            "<unknown>",
            "<unknown>");
  }

  @Test
  void service_addressesAndPorts() {
    assertThat(
            row(
                "v1",
                "Service",
                """
                "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.5","selector":{"b":"2","a":"1"},
                 "ports":[{"port":80,"protocol":"TCP","nodePort":30080},
                  {"port":53,"protocol":"UDP"}]}"""))
        .containsExactly(
            "x", "LoadBalancer", "10.96.0.5", "<pending>", "80:30080/TCP,53/UDP", "5m", "a=1,b=2");
  }

  @Test
  void workloads_countsImagesSelectors() {
    String template =
        """
        "template":{"spec":{"containers":[{"name":"a","image":"i:1"},{"name":"b","image":"j"}]}}""";
    assertThat(
            row(
                "apps/v1",
                "Deployment",
                "\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":{\"a\":\"b\"},"
                    + "\"matchExpressions\":[{\"key\":\"t\",\"operator\":\"In\","
                    + "\"values\":[\"q\",\"p\"]}]},"
                    + template
                    + "},\"status\":{\"readyReplicas\":2,\"updatedReplicas\":3}"))
        .containsExactly("x", "2/3", "3", "0", "5m", "a,b", "i:1,j", "a=b,t in (p,q)");
    assertThat(
            row(
                "batch/v1",
                "Job",
                "\"spec\":{\"completions\":2,"
                    + template
                    + "},\"status\":{\"succeeded\":2,\"startTime\":\"2026-05-06T11:55:10Z\","
                    + "\"completionTime\":\"2026-05-06T11:55:40Z\","
                    + "\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]}"))
        .startsWith("x", "Complete", "2/2", "30s", "5m");
  }

  @Test
  void event_bothGroups_showTheSame() {
    List<String> core =
        row(
            "v1",
            "Event",
            """
            "involvedObject":{"kind":"Pod","name":"p","fieldPath":"spec"},"reason":"Pulled",
            "type":"Normal","message":" done\\n","count":4,"source":{"component":"kubelet",
            "host":"n"},"firstTimestamp":"2026-05-06T11:00:00Z",
            "lastTimestamp":"2026-05-06T11:59:30Z\"""");
    List<String> newer =
        row(
            "events.k8s.io/v1",
            "Event",
            """
            "regarding":{"kind":"Pod","name":"p","fieldPath":"spec"},"reason":"Pulled",
            "type":"Normal","note":"done","reportingController":"kubelet",
            "reportingInstance":"n","eventTime":"2026-05-06T11:00:00.000000Z",
            "series":{"count":4,"lastObservedTime":"2026-05-06T11:59:30.000000Z"}""");
    assertThat(core)
        .containsExactly(
            "30s", "Normal", "Pulled", "pod/p", "spec", "kubelet, n", "done", "60m", "4", "x");
    assertThat(newer).isEqualTo(core);
  }

  @Test
  void endpoints_manyAddresses_areCut() {
    assertThat(
            row(
                "v1",
                "Endpoints",
                """
                "subsets":[{"addresses":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"},{"ip":"fd00::1"},
                 {"ip":"10.0.0.4"},{"ip":"10.0.0.5"}],"ports":[{"port":80}]}]"""))
        .containsExactly("x", "10.0.0.1:80,10.0.0.2:80,[fd00::1]:80 + 2 more...", "5m");
  }

  @Test
  void others_afewOfThem() {
    assertThat(row("v1", "ConfigMap", "\"data\":{\"a\":\"1\"},\"binaryData\":{\"b\":\"\"}"))
        .containsExactly("x", "2", "5m");
    assertThat(
            row(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                """
                "spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},"minReplicas":1,
                 "maxReplicas":5,"metrics":[{"type":"Resource","resource":{"name":"cpu",
                 "target":{"type":"Utilization","averageUtilization":80}}}]}"""))
        .containsExactly("x", "Deployment/d", "cpu: <unknown>/80%", "1", "5", "0", "5m");
    assertThat(row("policy/v1", "PodDisruptionBudget", "\"spec\":{\"minAvailable\":\"50%\"}"))
        .containsExactly("x", "50%", "N/A", "0", "5m");
    assertThat(
            row(
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                """
                "roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"u"},
                 {"kind":"ServiceAccount","name":"s","namespace":"n"}]"""))
        .containsExactly("x", "Role/r", "5m", "u", "", "n/s");
    assertThat(row("rbac.authorization.k8s.io/v1", "Role", "\"rules\":[]"))
        .containsExactly("x", "2026-05-06T11:55:00Z");
    assertThat(
            row(
                "storage.k8s.io/v1",
                "StorageClass",
                "\"metadata\":{\"annotations\":{\"storageclass.kubernetes.io/is-default-class\":"
                    + "\"true\"}},\"provisioner\":\"p\""))
        .containsExactly("x (default)", "p", "Delete", "Immediate", "false", "5m");
  }

  @Test
  void columns_everyKindOfTheTable_matchesItsCellsAndIsDescribed() {
    for (String kind :
        List.of(
            "v1/Pod",
            "v1/PersistentVolumeClaim",
            "v1/PersistentVolume",
            "v1/ResourceQuota",
            "v1/PodTemplate",
            "v1/ReplicationController",
            "apps/v1/StatefulSet",
            "apps/v1/DaemonSet",
            "apps/v1/ReplicaSet",
            "apps/v1/ControllerRevision",
            "batch/v1/CronJob",
            "autoscaling/v1/HorizontalPodAutoscaler",
            "networking.k8s.io/v1/Ingress",
            "networking.k8s.io/v1/IngressClass",
            "networking.k8s.io/v1/NetworkPolicy",
            "networking.k8s.io/v1/IPAddress",
            "networking.k8s.io/v1/ServiceCIDR",
            "discovery.k8s.io/v1/EndpointSlice",
            "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
            "certificates.k8s.io/v1/CertificateSigningRequest",
            "scheduling.k8s.io/v1/PriorityClass",
            "node.k8s.io/v1/RuntimeClass",
            "storage.k8s.io/v1/CSIDriver",
            "storage.k8s.io/v1/CSINode",
            "storage.k8s.io/v1/VolumeAttachment",
            "apiregistration.k8s.io/v1/APIService",
            "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
            "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
            "flowcontrol.apiserver.k8s.io/v1/FlowSchema",
            "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration",
            "resource.k8s.io/v1/ResourceClaim",
            "resource.k8s.io/v1/ResourceSlice")) {
      int slash = kind.lastIndexOf('/');
      GroupVersionKind gvk =
          GroupVersionKind.of(kind.substring(0, slash), kind.substring(slash + 1));
      assertThat(Schemas.builtIn().find(gvk)).as(kind).isNotNull();
      row(gvk.apiVersion(), gvk.kind(), "\"spec\":{}");
      assertThat(Tables.columns(gvk))
          .as(kind)
          .allSatisfy(column -> assertThat(column.description()).isNotEmpty());
    }
  }

  @Test
  void columns_unknownKind_areNameAndCreation() {
    assertThat(Tables.columns(GroupVersionKind.of("v1", "LimitRange")))
        .extracting(Column::name)
        .containsExactly("Name", "Created At");
    assertThat(Tables.columns(GroupVersionKind.of("x.example/v1", "Boat")))
        .extracting(Column::type)
        .containsExactly("string", "date");
  }

  @Test
  void custom_printerColumns_showTypedCells() {
    JsonNode columns =
        Json.read(
            """
            [{"name":"Size","type":"integer","jsonPath":".spec.size","description":"how big"},
             {"name":"When","type":"date","jsonPath":".spec.when"},
             {"name":"First","type":"string","priority":1,"jsonPath":".spec.list[0]"},
             {"name":"Ready","type":"string",
              "jsonPath":".status.conditions[?(@.type==\\"Ready\\")].status"},
             {"name":"Wrong","type":"integer","jsonPath":".spec.when"},
             {"name":"Gone","type":"string","jsonPath":".spec.nope"}]""");
    KubeObject boat =
        object(
            "x.example/v1",
            "Boat",
            """
            "spec":{"size":3,"when":"2026-05-06T11:00:00Z","list":["x","y"]},
            "status":{"conditions":[{"type":"A","status":"False"},
             {"type":"Ready","status":"True"}]}""");
    assertThat(Tables.reader(columns).read(boat, NOW).cells())
        .isEqualTo(Json.read("[\"x\",3,\"60m\",\"x\",\"True\",null,null]"))
        .hasSameSizeAs(Tables.columns(columns));
    assertThat(Tables.columns(columns).get(1).description()).isEqualTo("how big");
    assertThat(Tables.columns(columns).get(2).description())
        .isEqualTo("Custom resource definition column (in JSONPath format): .spec.when");
    assertThat(Tables.reader(Json.array()).read(boat, NOW).cells())
        .isEqualTo(Json.read("[\"x\",\"5m\"]"));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        ".a.b, 1",
        "{.a.b}, 1",
        "$.a['b'], 1",
        ".m\\.n, 2",
        "['m.n'], 2",
        ".l[-1], 30",
        ".l[0:2], 10 20",
        ".l[*], 10 20 30",
        "..b, 1 7",
        ".o[?(@.b>5)].c, yes",
        ".o[?(@.b)].c, yes",
        ".nope, ",
      })
  void jsonPath_finds(String path, String expected) {
    JsonNode root =
        Json.read(
            """
            {"a":{"b":1},"m.n":2,"l":[10,20,30],"o":[{"b":7,"c":"yes"},{"c":"no"}]}""");
    List<String> found = new ArrayList<>();
    JsonPath.compile(path).find(root).forEach(node -> found.add(node.asText()));
    assertThat(String.join(" ", found)).isEqualTo(expected == null ? "" : expected);
  }

  @ParameterizedTest
  @CsvSource({
    "PT-5S, <invalid>",
    "PT-1S, 0s",
    "PT0S, 0s",
    "PT119S, 119s",
    "PT120S, 2m",
    "PT9M59S, 9m59s",
    "PT10M1S, 10m",
    "PT179M, 179m",
    "PT3H, 3h",
    "PT7H59M, 7h59m",
    "PT8H30M, 8h",
    "PT47H, 47h",
    "PT48H, 2d",
    "PT75H, 3d3h",
    "P8D, 8d",
    "P729D, 729d",
    "P730D, 2y",
    "P800D, 2y70d",
    "P3000D, 8y",
  })
  void human_durations(String duration, String text) {
    assertThat(Ages.human(java.time.Duration.parse(duration))).isEqualTo(text);
  }
}
