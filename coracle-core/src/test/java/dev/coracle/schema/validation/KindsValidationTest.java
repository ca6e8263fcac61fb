package dev.coracle.schema.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.schema.validation.field.Addresses;
import dev.coracle.schema.validation.field.Causes;
import dev.coracle.schema.validation.workload.CronSyntax;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KindsValidationTest {

  private static final String TEMPLATE =
      "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},"
          + "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}";

  @Test
  void metadata_everyRule_isChecked() {
    assertThat(
            Causes.create(
                "v1",
                "ConfigMap",
                """
                {"metadata":{"name":"A","generateName":"_x-","labels":{"-x":"ok"},
                 "annotations":{"a b":"1"},"finalizers":["x"],
                 "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"1",
                   "controller":true},{"apiVersion":"v1","kind":"Event","name":"e","uid":"2",
                   "controller":true}]}}"""))
        .extracting(cause -> cause.substring(0, cause.indexOf(':')))
        .containsExactly(
            "metadata.annotations",
            "metadata.finalizers[0]",
            "metadata.generateName",
            "metadata.labels",
            "metadata.name",
            "metadata.ownerReferences",
            "metadata.ownerReferences");
  }

  @Test
  void metadata_newFinalizerWhileDeleting_isForbidden() {
    assertThat(
            Causes.update(
                "v1",
                "ConfigMap",
                """
                {"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z",
                 "finalizers":["a.example/x"]}}""",
                """
                {"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z",
                 "finalizers":["a.example/x","a.example/y"]}}"""))
        .hasSize(2)
        .containsOnly(
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being"
                + " deleted, found new finalizers []string{\"a.example/y\"}");
  }

  @Test
  void names_perKind_haveTheirOwnRule() {
    assertThat(
            Causes.create(
                "rbac.authorization.k8s.io/v1", "Role", "{\"metadata\":{\"name\":\"a:B\"}}"))
        .isEmpty();
    assertThat(
            Causes.create(
                "rbac.authorization.k8s.io/v1", "Role", "{\"metadata\":{\"name\":\"a/b\"}}"))
        .containsExactly("metadata.name: Invalid value: \"a/b\": may not contain '/'");
    assertThat(Causes.create("example.com/v1", "Boat", "{\"metadata\":{\"name\":\"a.b\"}}"))
        .isEmpty();
  }

  @Test
  void deployment_selectorAndStrategy_areChecked() {
    assertThat(
            Causes.create(
                "apps/v1",
                "Deployment",
                "{\"spec\":{\"selector\":{},\"minReadySeconds\":700,"
                    + "\"strategy\":{\"type\":\"Recreate\",\"rollingUpdate\":{}},"
                    + TEMPLATE
                    + "}}"))
        .containsExactly(
            "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than"
                + " minReadySeconds",
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is"
                + " 'Recreate'");
  }

  @Test
  void workloads_restartPolicy_mustBeAlways() {
    assertThat(
            Causes.create(
                "apps/v1",
                "DaemonSet",
                "{\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}},"
                    + TEMPLATE.replace("\"spec\":{", "\"spec\":{\"restartPolicy\":\"Never\",")
                    + "}}"))
        .containsExactly(
            "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values:"
                + " \"Always\"");
  }

  @Test
  void statefulSet_unlistedField_isImmutable() {
    String spec =
        "{\"spec\":{\"serviceName\":\"%s\",\"replicas\":%d,"
            + "\"selector\":{\"matchLabels\":{\"a\":\"b\"}},"
            + TEMPLATE
            + "}}";
    assertThat(
            Causes.update("apps/v1", "StatefulSet", spec.formatted("s", 1), spec.formatted("s", 2)))
        .isEmpty();
    assertThat(
            Causes.update("apps/v1", "StatefulSet", spec.formatted("s", 1), spec.formatted("t", 1)))
        .singleElement()
        .asString()
        .startsWith(
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'");
  }

  @Test
  void job_templateAndCounts() {
    String job = "{\"spec\":{\"completionMode\":\"Indexed\",\"parallelism\":-1," + TEMPLATE + "}}";
    assertThat(Causes.create("batch/v1", "Job", job))
        .containsExactly(
            "spec.completions: Required value: when completion mode is Indexed",
            "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
            "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\","
                + " \"Never\"");
    String never = TEMPLATE.replace("\"spec\":{", "\"spec\":{\"restartPolicy\":\"Never\",");
    assertThat(
            Causes.update(
                "batch/v1",
                "Job",
                "{\"spec\":{" + never + "}}",
                "{\"spec\":{" + never.replace("\"i\"", "\"j\"") + "}}"))
        .singleElement()
        .asString()
        .startsWith("spec.template: Invalid value: {")
        .endsWith("field is immutable");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*/5 * * * *|",
        "0 0 1-15/2 jan,MAR mon-fri|",
        "@daily|",
        "@every 1h30m|",
        "60 * * * *|end of range (60) above maximum (59): 60",
        "* * 0 * *|beginning of range (0) below minimum (1): 0",
        "* * * * fri-mon|beginning of range (5) beyond end of range (1): fri-mon",
        "*/0 * * * *|step of range should be a positive number: */0",
        "a * * * *|failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax",
        "@often|unrecognized descriptor: @often",
        "* * *|expected exactly 5 fields, found 3: [* * *]",
      })
  void cron_schedules_areParsed(String schedule, String message) {
    assertThat(CronSyntax.check(schedule)).isEqualTo(message == null ? "" : message);
  }

  @Test
  void service_rules() {
    assertThat(
            Causes.create(
                "v1",
                "Service",
                """
                {"spec":{"sessionAffinity":"Sticky","externalTrafficPolicy":"Local",
                 "ports":[{"port":0},{"port":80,"name":"a","nodePort":30001}]}}"""))
        .containsExactly(
            "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for"
                + " externally-accessible services",
            "spec.ports[0].name: Required value",
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
            "spec.sessionAffinity: Unsupported value: \"Sticky\": supported values: \"ClientIP\","
                + " \"None\"");
    assertThat(Causes.create("v1", "Service", "{\"spec\":{\"type\":\"ExternalName\"}}"))
        .containsExactly("spec.externalName: Required value");
  }

  @Test
  void secret_types_needTheirKeys() {
    assertThat(Causes.create("v1", "Secret", "{\"type\":\"kubernetes.io/tls\"}"))
        .containsExactly("data[tls.crt]: Required value", "data[tls.key]: Required value");
    assertThat(Causes.create("v1", "Secret", "{\"type\":\"kubernetes.io/service-account-token\"}"))
        .containsExactly(
            "metadata.annotations[kubernetes.io/service-account.name]: Required value");
    assertThat(Causes.update("v1", "Secret", "{\"type\":\"a\"}", "{\"type\":\"b\"}"))
        .containsExactly("type: Invalid value: \"b\": field is immutable");
  }

  @Test
  void configMap_sizeAndKeys() {
    assertThat(
            Causes.create(
                "v1", "ConfigMap", "{\"data\":{\"a\":\"" + "x".repeat(1024 * 1024 + 1) + "\"}}"))
        .containsExactly("[]: Too long: may not be more than 1048576 bytes");
    assertThat(
            Causes.create("v1", "ConfigMap", "{\"data\":{\"a\":\"\"},\"binaryData\":{\"a\":\"\"}}"))
        .containsExactly("data[a]: Invalid value: \"a\": duplicate of key present in binaryData");
  }

  @Test
  void claim_specIsImmutable_butGrowsWhenBound() {
    String claim =
        """
        {"spec":{"accessModes":["%s"],"resources":{"requests":{"storage":"%s"}}},
         "status":{"phase":"Bound"}}""";
    String before = claim.formatted("ReadWriteOnce", "1Gi");
    assertThat(
            Causes.update(
                "v1", "PersistentVolumeClaim", before, claim.formatted("ReadWriteOnce", "2Gi")))
        .isEmpty();
    assertThat(
            Causes.update(
                "v1", "PersistentVolumeClaim", before, claim.formatted("ReadOnlyMany", "1Gi")))
        .containsExactly(
            "spec: Forbidden: spec is immutable after creation except resources.requests and"
                + " volumeAttributesClassName for bound claims");
  }

  @Test
  void endpointSlice_addresses_matchTheirType() {
    assertThat(
            Causes.create(
                "discovery.k8s.io/v1",
                "EndpointSlice",
                """
                {"addressType":"IPv4","endpoints":[{"addresses":["::1","127.0.0.1"]},
                 {"addresses":[]}],"ports":[{"port":1},{"port":2}]}"""))
        .containsExactly(
            "endpoints[0].addresses[0]: Invalid value: \"::1\": must be an IPv4 address",
            "endpoints[0].addresses[1]: Invalid value: \"127.0.0.1\": may not be in the loopback"
                + " range (127.0.0.0/8, ::1/128)",
            "endpoints[1].addresses: Required value: must contain at least 1 address",
            "ports[1].name: Duplicate value: \"\"");
  }

  @ParameterizedTest
  @CsvSource({
    "1.2.3.4, true",
    "01.2.3.4, false",
    "256.1.1.1, false",
    "::, true",
    "fe80::1, true",
    "1:2:3:4:5:6:7:8, true",
    "1:2:3:4:5:6:7, false",
    "::ffff:1.2.3.4, true",
    "a::b::c, false",
  })
  void addresses_areParsedWithoutAnyLookup(String text, boolean legal) {
    assertThat(Addresses.isIp(text)).isEqualTo(legal);
  }

  private static java.util.List<String> crd(String schema) {
    return Causes.create(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        """
        {"metadata":{"name":"boats.x.example"},"spec":{"group":"x.example","scope":"Namespaced",
         "names":{"plural":"boats","singular":"boat","kind":"Boat","listKind":"BoatList"},"versions":[{"name":"v1","served":true,
         "storage":true,"schema":{"openAPIV3Schema":%s}}]},"status":{"storedVersions":["v1"]}}"""
            .formatted(schema));
  }

  @Test
  void crd_schemas_mustBeStructural() {
    assertThat(
            crd(
                """
                {"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}},
                 "b":{"x-kubernetes-int-or-string":true},
                 "c":{"x-kubernetes-preserve-unknown-fields":true},
                 "d":{"type":"number","default":1},
                 "e":{"type":"object","additionalProperties":{"type":"string"}}}}"""))
        .isEmpty();
    assertThat(
            crd(
                """
                {"properties":{"a":{"type":"array"},"b":{"type":"array","items":{}},
                 "c":{"type":"integer","default":"x"},"d":{}}}"""))
        .containsExactly(
            "spec.validation.openAPIV3Schema.properties[a].items: Required value: must be"
                + " specified",
            "spec.validation.openAPIV3Schema.properties[b].items.type: Required value: must not be"
                + " empty for specified array items",
            "spec.validation.openAPIV3Schema.properties[d].type: Required value: must not be empty"
                + " for specified object fields",
            "spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root");
  }

  @Test
  void crd_nameAndVersions_areChecked() {
    assertThat(
            Causes.create(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                """
                {"metadata":{"name":"wrong"},"spec":{"group":"x.example","scope":"Everywhere",
                 "names":{"plural":"boats","kind":"Boat"},
                 "versions":[{"name":"v1","served":true,"storage":false}]}}"""))
        .extracting(cause -> cause.substring(0, cause.indexOf(':')))
        .containsExactly(
            "metadata.name",
            "spec.scope",
            "spec.versions",
            "spec.versions[0].schema.openAPIV3Schema",
            "status.storedVersions");
  }
}
