package dev.coracle.schema.validation.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.schema.validation.Validation;
import dev.coracle.schema.validation.field.Causes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PodValidationTest {

  private static final String ENV0 = "spec.containers[0].env[0].valueFrom.";

  private static java.util.List<String> reference(String source) {
    return Causes.container("\"env\":[{\"name\":\"A\",\"valueFrom\":{" + source + "}}]");
  }

  private static java.util.List<String> field(String path) {
    return reference("\"fieldRef\":{\"fieldPath\":\"" + path + "\"}");
  }

  private static java.util.List<String> file(String source) {
    return Causes.podWith(
        "\"volumes\":[{\"name\":\"d\",\"downwardAPI\":{\"items\":[{\"path\":\"p\","
            + source
            + "}]}}]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "metadata.labels['a.example/b']",
        "metadata.annotations['Some-Key']",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs"
      })
  void variable_everyLegalField_isAccepted(String path) {
    assertThat(field(path)).isEmpty();
  }

  @Test
  void variable_illegalField_saysWhichAreLegal() {
    assertThat(field("metadata.labels"))
        .containsExactly(
            ENV0
                + "fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values:"
                + " \"metadata.name\", \"metadata.namespace\", \"metadata.uid\","
                + " \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\","
                + " \"status.hostIPs\", \"status.podIP\", \"status.podIPs\"");
    assertThat(field("spec.color"))
        .containsExactly(
            ENV0
                + "fieldRef.fieldPath: Invalid value: \"spec.color\": error converting fieldPath:"
                + " field label not supported: spec.color");
    assertThat(field("spec.nodeName['x']"))
        .containsExactly(
            ENV0
                + "fieldRef.fieldPath: Invalid value: \"spec.nodeName['x']\": error converting"
                + " fieldPath: field label does not support subscript: spec.nodeName['x']");
    assertThat(field("")).containsExactly(ENV0 + "fieldRef.fieldPath: Required value");
    assertThat(reference("\"fieldRef\":{\"apiVersion\":\"v2\",\"fieldPath\":\"metadata.name\"}"))
        .containsExactly(
            ENV0
                + "fieldRef.fieldPath: Invalid value: \"metadata.name\": error converting"
                + " fieldPath: unsupported pod version: v2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"resource\":\"limits.cpu\"",
        "\"resource\":\"limits.cpu\",\"divisor\":\"1m\"",
        "\"resource\":\"requests.memory\",\"divisor\":\"1Mi\"",
        "\"resource\":\"requests.ephemeral-storage\",\"divisor\":\"1G\"",
        "\"resource\":\"limits.hugepages-2Mi\",\"divisor\":\"1Ki\""
      })
  void variable_legalResource_isAccepted(String resource) {
    assertThat(reference("\"resourceFieldRef\":{" + resource + "}")).isEmpty();
  }

  @Test
  void variable_illegalResource_isRefused() {
    assertThat(
            reference("\"resourceFieldRef\":{\"resource\":\"limits.memory\",\"divisor\":\"1m\"}"))
        .singleElement()
        .asString()
        .startsWith(ENV0 + "resourceFieldRef.divisor: Invalid value: \"limits.memory\": only")
        .endsWith("are supported with the memory resource");
    assertThat(reference("\"resourceFieldRef\":{}"))
        .containsExactly(ENV0 + "resourceFieldRef.resource: Required value");
  }

  @Test
  void variable_sources_mustBeExactlyOne() {
    assertThat(reference(""))
        .containsExactly(
            "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of:"
                + " `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or"
                + " `fileKeyRef`");
    assertThat(
            reference(
                "\"fieldRef\":{\"fieldPath\":\"metadata.name\"},"
                    + "\"secretKeyRef\":{\"name\":\"s\",\"key\":\"k\"}"))
        .containsExactly(
            "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not have more than one"
                + " field specified at a time");
  }

  @Test
  void volume_fields_differFromThoseOfVariables() {
    assertThat(file("\"fieldRef\":{\"fieldPath\":\"metadata.labels\"}")).isEmpty();
    assertThat(file("\"fieldRef\":{\"fieldPath\":\"metadata.annotations['a']\"}")).isEmpty();
    assertThat(file("\"fieldRef\":{\"fieldPath\":\"status.podIP\"}"))
        .containsExactly(
            "spec.volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: \"status.podIP\":"
                + " supported values: \"metadata.annotations\", \"metadata.labels\","
                + " \"metadata.name\", \"metadata.namespace\", \"metadata.uid\"");
    assertThat(file("\"resourceFieldRef\":{\"resource\":\"limits.cpu\"}"))
        .containsExactly(
            "spec.volumes[0].downwardAPI.resourceFieldRef.containerName: Required value");
    assertThat(file("\"mode\":511"))
        .containsExactly(
            "spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is"
                + " required");
    assertThat(file("\"mode\":512,\"fieldRef\":{\"fieldPath\":\"metadata.name\"}"))
        .containsExactly(
            "spec.volumes[0].downwardAPI.mode: Invalid value: 512: must be a number between 0 and"
                + " 0777 (octal), both inclusive");
  }

  @Test
  void volumes_sources_areChecked() {
    assertThat(
            Causes.podWith(
                """
                "volumes":[{"name":"a","hostPath":{"path":"/x/../y","type":"Pipe"}},
                  {"name":"b","persistentVolumeClaim":{}},{"name":"c","nfs":{"path":"x"}},
                  {"name":"d","emptyDir":{"sizeLimit":"-1"}},
                  {"name":"e","configMap":{"name":"m","items":[{"key":"k","path":"../p"}]}},
                  {"name":"f","projected":{"sources":[
                    {"serviceAccountToken":{"path":"t","expirationSeconds":5}},
                    {"secret":{"name":"s","items":[{"key":"k","path":"t"}]}}]}}]"""))
        .containsExactly(
            "spec.volumes[0].hostPath.path: Invalid value: \"/x/../y\": must not contain '..'",
            "spec.volumes[0].hostPath.type: Unsupported value: \"Pipe\": supported values: \"\","
                + " \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\","
                + " \"File\", \"FileOrCreate\", \"Socket\"",
            "spec.volumes[1].persistentVolumeClaim.claimName: Required value",
            "spec.volumes[2].nfs.path: Invalid value: \"x\": must be an absolute path",
            "spec.volumes[2].nfs.server: Required value",
            "spec.volumes[3].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid"
                + " resource quantity",
            "spec.volumes[4].configMap.items[0].path: Invalid value: \"../p\": must not contain"
                + " '..'",
            "spec.volumes[5].projected: Invalid value: \"s\": conflicting duplicate paths",
            "spec.volumes[5].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid"
                + " value: 5: may not specify a duration less than 10 minutes");
  }

  @Test
  void mounts_pathsAndNames_areChecked() {
    assertThat(
            Causes.pod(
                """
                "volumes":[{"name":"v","emptyDir":{}}],
                "containers":[{"name":"c","image":"i","volumeMounts":[
                  {"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/a"},
                  {"name":"v","mountPath":"/b","subPath":"/abs"},
                  {"name":"v","mountPath":"/c","mountPropagation":"Bidirectional"}]}]"""))
        .containsExactly(
            "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
            "spec.containers[0].volumeMounts[2].subPath: Invalid value: \"/abs\": must be a"
                + " relative path",
            "spec.containers[0].volumeMounts[3].mountPropagation: Forbidden: Bidirectional mount"
                + " propagation is available only to privileged containers");
  }

  @Test
  void probes_handlersAndNumbers_areChecked() {
    assertThat(
            Causes.container(
                """
                "livenessProbe":{"successThreshold":2,"tcpSocket":{"port":0}},
                "readinessProbe":{"periodSeconds":-1,"exec":{"command":["x"]},
                  "terminationGracePeriodSeconds":3},
                "startupProbe":{},
                "lifecycle":{"preStop":{"sleep":{"seconds":99}}}"""))
        .containsExactly(
            "spec.containers[0].lifecycle.preStop.sleep.seconds: Invalid value: 99: must be"
                + " non-negative and less than terminationGracePeriodSeconds (30)",
            "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
            "spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1"
                + " and 65535, inclusive",
            "spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater"
                + " than or equal to 0",
            "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 3:"
                + " must not be set for readinessProbes",
            "spec.containers[0].startupProbe: Required value: must specify a handler type");
  }

  private static java.util.List<String> sysctls(String flag, String... names) {
    java.util.StringJoiner list = new java.util.StringJoiner(",", "[", "]");
    for (String name : names) {
      list.add("{\"name\":\"" + name + "\",\"value\":\"1\"}");
    }
    return Causes.podWith(flag + "\"securityContext\":{\"sysctls\":" + list + "}");
  }

  @Test
  void sysctls_namesAndNamespaces_areChecked() {
    String regex = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    String path = "spec.securityContext.sysctls";
    String rule = ": must have at most 253 characters and match regex " + regex;
    assertThat(sysctls("", "kernel.shmmax", "net/ipv4/tcp_syncookies", "safe-and-unsafe"))
        .isEmpty();
    assertThat(sysctls("", "foo-", "bar..", "a".repeat(254), "b", "b", ""))
        .containsExactly(
            path + "[0].name: Invalid value: \"foo-\"" + rule,
            path + "[1].name: Invalid value: \"bar..\"" + rule,
            path + "[2].name: Invalid value: \"" + "a".repeat(254) + "\"" + rule,
            path + "[4].name: Duplicate value: \"b\"",
            path + "[5].name: Required value");
    assertThat(sysctls("\"hostNetwork\":true,", "net/core/somaxconn", "kernel.msgmax"))
        .containsExactly(
            path
                + "[0].name: Invalid value: \"net/core/somaxconn\": may not be specified when"
                + " 'hostNetwork' is true");
    assertThat(sysctls("\"hostIPC\":true,", "net.core.somaxconn", "kernel.sem", "kernel.sem_x"))
        .containsExactly(
            path
                + "[1].name: Invalid value: \"kernel.sem\": may not be specified when 'hostIPC'"
                + " is true");
  }

  @Test
  void resources_namesAndAmounts_areChecked() {
    assertThat(
            Causes.container(
                """
                "resources":{"limits":{"gpu":"1","example.com/gpu":"1500m","hugepages-2Mi":"2Mi"},
                  "requests":{"example.com/gpu":"1"}}"""))
        .containsExactly(
            "spec.containers[0].resources: Forbidden: HugePages require cpu or memory",
            "spec.containers[0].resources.limits[example.com/gpu]: Invalid value: \"1500m\": must"
                + " be an integer",
            "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard"
                + " resource type or fully qualified",
            "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard"
                + " resource for containers",
            "spec.containers[0].resources.requests: Invalid value: \"1\": must be equal to"
                + " example.com/gpu limit of 1500m",
            "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard"
                + " resource type or fully qualified",
            "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard"
                + " resource for containers");
  }

  @Test
  void scheduling_affinityTolerationsSpread_areChecked() {
    assertThat(
            Causes.podWith(
                """
                "tolerations":[{"operator":"Equal","effect":"Evict"},
                  {"key":"a","operator":"Exists","tolerationSeconds":3}],
                "topologySpreadConstraints":[{"maxSkew":0,"topologyKey":"",
                  "whenUnsatisfiable":"Maybe"}],
                "affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
                  {"weight":101,"podAffinityTerm":{"topologyKey":"zone"}}]},
                 "nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
                  {"nodeSelectorTerms":[{"matchExpressions":[{"key":"k","operator":"In"}]}]}}}"""))
        .containsExactly(
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
                + ".nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be"
                + " specified when `operator` is 'In' or 'NotIn'",
            "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight:"
                + " Invalid value: 101: must be in the range 1-100",
            "spec.tolerations[0].effect: Unsupported value: \"Evict\": supported values:"
                + " \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
            "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when"
                + " `key` is empty, which means \"match all values and all keys\"",
            "spec.tolerations[1].effect: Invalid value: \"\": effect must be 'NoExecute' when"
                + " `tolerationSeconds` is set",
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than"
                + " zero",
            "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
            "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"Maybe\":"
                + " supported values: \"DoNotSchedule\", \"ScheduleAnyway\"");
  }

  @Test
  void pod_restOfTheSpec_isChecked() {
    assertThat(
            Causes.podWith(
                """
                "hostname":"a.b","dnsPolicy":"None","activeDeadlineSeconds":0,
                "hostAliases":[{"ip":"1.2.3","hostnames":["ok"]}],
                "securityContext":{"runAsUser":-1},"nodeName":"n",
                "schedulingGates":[{"name":"g"}],
                "ephemeralContainers":[{"name":"e","image":"i"}],
                "initContainers":[{"name":"c","image":"i","lifecycle":{}}]"""))
        .containsExactly(
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647,"
                + " inclusive",
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
            "spec.ephemeralContainers: Forbidden: cannot be set on create",
            "spec.hostAliases[0].ip: Invalid value: \"1.2.3\": must be a valid IP address, (e.g."
                + " 10.9.8.7 or 2001:db8::ffff)",
            "spec.hostname: Invalid value: \"a.b\": must not contain dots",
            "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers"
                + " without restartPolicy=Always",
            "spec.initContainers[0].name: Duplicate value: \"c\"",
            "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
            "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647,"
                + " inclusive");
  }

  private static String withSpec(String fields) {
    return "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]," + fields + "}}";
  }

  @Test
  void update_allowedChanges_pass() {
    String before = withSpec("\"nodeName\":\"n\"");
    assertThat(
            Causes.update(
                "v1",
                "Pod",
                before,
                """
                {"metadata":{"labels":{"new":"label"}},
                 "spec":{"nodeName":"n","activeDeadlineSeconds":9,
                  "tolerations":[{"key":"k","operator":"Exists"}],
                  "containers":[{"name":"c","image":"other:1","imagePullPolicy":"Always"}]}}"""))
        .isEmpty();
  }

  @Test
  void update_valuesThatClientsLeaveOut_areNoChange() {
    assertThat(
            Causes.update(
                "v1",
                "Pod",
                withSpec("\"nodeName\":\"n\",\"hostNetwork\":false,\"nodeSelector\":{}"),
                withSpec("\"nodeName\":\"n\"")))
        .isEmpty();
    assertThat(
            Causes.update(
                "v1",
                "Pod",
                withSpec("\"nodeName\":\"n\",\"securityContext\":{\"runAsUser\":0}"),
                withSpec("\"nodeName\":\"n\"")))
        .hasSize(1);
  }

  @Test
  void update_otherChanges_areForbidden() {
    assertThat(
            Causes.update(
                "v1", "Pod", withSpec("\"nodeName\":\"n\""), withSpec("\"nodeName\":\"m\"")))
        .singleElement()
        .asString()
        .startsWith("spec: Forbidden: pod updates may not change fields other than");
    assertThat(
            Causes.update(
                "v1",
                "Pod",
                withSpec("\"activeDeadlineSeconds\":5"),
                withSpec("\"activeDeadlineSeconds\":6")))
        .containsExactly(
            "spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous"
                + " value");
    assertThat(
            Causes.update(
                "v1",
                "Pod",
                withSpec("\"nodeName\":\"n\""),
                withSpec("\"nodeName\":\"n\",\"schedulingGates\":[{\"name\":\"g\"}]")))
        .containsExactly(
            "spec.schedulingGates[0]: Forbidden: only deletion is allowed, but found new scheduling"
                + " gate 'g'");
  }

  @Test
  void ephemeralContainers_mayOnlyBeAdded() {
    ObjectNode old = Causes.object("v1", "Pod", withSpec("\"nodeName\":\"n\""));
    ObjectNode now =
        Causes.object(
            "v1",
            "Pod",
            withSpec(
                "\"nodeName\":\"n\",\"ephemeralContainers\":[{\"name\":\"d\",\"image\":\"i\"}]"));
    assertThat(Validation.updateEphemeralContainers(now, old)).isEmpty();
    assertThat(Causes.strings(Validation.updateEphemeralContainers(old, now)))
        .containsExactly(
            "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"d\" may not be"
                + " removed");
  }
}
