package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Validating and mutating admission policies in a running control plane. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdmissionPolicyTest {

  private static final String GROUP = "admissionregistration.k8s.io";
  private static final GroupVersionResource POLICIES =
      GroupVersionResource.of(GROUP, "v1", "validatingadmissionpolicies");
  private static final GroupVersionResource BINDINGS =
      GroupVersionResource.of(GROUP, "v1", "validatingadmissionpolicybindings");
  private static final GroupVersionResource MUTATING =
      GroupVersionResource.of(GROUP, "v1", "mutatingadmissionpolicies");
  private static final GroupVersionResource MUTATING_BINDINGS =
      GroupVersionResource.of(GROUP, "v1", "mutatingadmissionpolicybindings");
  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource DEPLOYMENTS =
      GroupVersionResource.of("apps", "v1", "deployments");

  private TestCluster cluster;
  private Client client;

  @BeforeAll
  void start(@TempDir Path directory) {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private static ObjectNode yaml(String text) {
    return (ObjectNode) Yaml.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private void namespace(String name) {
    client.create(
        NAMESPACES, "", yaml("metadata: {name: %s, labels: {team: red}}".formatted(name)));
  }

  /** A policy for config maps of the namespace of its name, bound. */
  private void policy(String name, String spec, String binding) {
    namespace(name);
    client.create(
        POLICIES,
        "",
        yaml(
            """
            metadata: {name: %s}
            spec:
              matchConstraints:
                namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}
                resourceRules:
                - {apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [configmaps]}
            %s"""
                .formatted(name, name, spec.indent(2))));
    client.create(
        BINDINGS,
        "",
        yaml(
            """
            metadata: {name: %s}
            spec:
              policyName: %s
            %s"""
                .formatted(name, name, binding.indent(2))));
  }

  private void mutatingPolicy(String name, String resource, String spec) {
    namespace(name);
    client.create(
        MUTATING,
        "",
        yaml(
            """
            metadata: {name: %s}
            spec:
              reinvocationPolicy: Never
              matchConstraints:
                namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}
                resourceRules:
                - {apiGroups: ['*'], apiVersions: [v1], operations: [CREATE], resources: [%s]}
            %s"""
                .formatted(name, name, resource, spec.indent(2))));
    client.create(
        MUTATING_BINDINGS,
        "",
        yaml("{metadata: {name: %s}, spec: {policyName: %s}}".formatted(name, name)));
  }

  private static ObjectNode configMap(String name) {
    return yaml("{metadata: {name: %s}, data: {a: '1'}}".formatted(name));
  }

  private StatusException refusal(String namespace, ObjectNode object) {
    return catchThrowableOfType(
        StatusException.class, () -> client.create(CONFIG_MAPS, namespace, object));
  }

  @Test
  void variables_areLazyAndShowNamespaceRequestAndRights() {
    policy(
        "lazy",
        """
        variables:
        - {name: broken, expression: "object.data.none"}
        - {name: team, expression: "namespaceObject.metadata.labels['team']"}
        - {name: both, expression: "variables.team + '/' + request.operation"}
        validations:
        - expression: "object.metadata.name != 'a' || variables.both == 'blue/CREATE'"
          messageExpression: "'is ' + variables.both + ' ' + string(request.dryRun)"
          reason: Forbidden
        - expression: "object.metadata.name != 'b' || variables.broken == ''"
        - expression: >-
            object.metadata.name != 'c' ||
            !authorizer.requestResource.check('create').allowed()
          message: c
        - expression: >-
            object.metadata.name != 'd' ||
            authorizer.serviceAccount('default', 'nobody').group('').resource('secrets')
            .namespace('default').check('get').allowed()
          message: d
        """,
        "validationActions: [Deny]");

    StatusException refusal = refusal("lazy", configMap("a"));
    assertThat(refusal.status().code()).isEqualTo(403);
    assertThat(refusal.status().message())
        .isEqualTo(
            "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'lazy' with binding 'lazy'"
                + " denied request: is red/CREATE false");
    assertThat(refusal("lazy", configMap("b")).status().message())
        .endsWith(
            "denied request: expression 'object.metadata.name != 'b' || variables.broken == '''"
                + " resulted in error: composited variable \"broken\" fails to evaluate: no such"
                + " key: none");
    assertThat(refusal("lazy", configMap("c")).status().message()).endsWith("denied request: c");
    assertThat(refusal("lazy", configMap("d")).status().message()).endsWith("denied request: d");
    client.create(CONFIG_MAPS, "lazy", configMap("e"));
  }

  @Test
  void params_areFoundByNameAndSelector_andMissingOnesDenyOrAllow() {
    String spec =
        """
        paramKind: {apiVersion: v1, kind: ConfigMap}
        matchConditions:
        - {name: not-params, expression: "!has(object.metadata.labels)"}
        validations:
        - {expression: "object.data.a != params.data.forbidden"}
        """;
    policy(
        "params",
        spec,
        """
        validationActions: [Deny]
        paramRef: {selector: {matchLabels: {role: params}}, parameterNotFoundAction: Deny}
        """);
    assertThat(refusal("params", configMap("x")).status().message())
        .endsWith(
            "failed to configure binding: no params found for policy binding with `Deny`"
                + " parameterNotFoundAction");
    client.patch(
        BINDINGS,
        "",
        "params",
        "",
        PatchType.MERGE,
        Json.read("{\"spec\": {\"paramRef\": {\"parameterNotFoundAction\": \"Allow\"}}}"),
        WriteOptions.NONE);
    client.create(CONFIG_MAPS, "params", configMap("x"));
    for (String forbidden : new String[] {"2", "1"}) {
      client.create(
          CONFIG_MAPS,
          "params",
          yaml(
              "{metadata: {name: p%s, labels: {role: params}}, data: {forbidden: '%s'}}"
                  .formatted(forbidden, forbidden)));
    }
    assertThat(refusal("params", configMap("y")).status().message())
        .endsWith("failed expression: object.data.a != params.data.forbidden");
  }

  @Test
  void paramKind_thatIsNotServed_isAConfigurationError() {
    policy(
        "unknown",
        """
        paramKind: {apiVersion: rules.example.com/v1, kind: Nothing}
        validations: [{expression: "true"}]
        """,
        """
        validationActions: [Deny]
        paramRef: {name: x, parameterNotFoundAction: Deny}
        """);
    assertThat(refusal("unknown", configMap("x")).status().message())
        .isEqualTo(
            "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'unknown' denied request:"
                + " failed to configure policy: failed to find resource referenced by paramKind:"
                + " 'rules.example.com/v1, Kind=Nothing'");
  }

  @Test
  void expression_thatCostsTooMuch_isAnError() {
    policy(
        "costly",
        """
        variables: [{name: many, expression: "[1,2,3,4,5,6,7,8,9,10]"}]
        validations:
        - expression: >-
            variables.many.all(a, variables.many.all(b, variables.many.all(c,
            variables.many.all(d, variables.many.all(e, a + b + c + d + e > 0)))))
        """,
        "validationActions: [Deny]");
    assertThat(refusal("costly", configMap("x")).status().message())
        .endsWith("resulted in error: operation cancelled: actual cost limit exceeded");
  }

  @Test
  void failurePolicyIgnore_letsErrorsPass() {
    policy(
        "ignore",
        """
        failurePolicy: Ignore
        validations: [{expression: "object.data.none == ''"}]
        """,
        "validationActions: [Deny]");
    client.create(CONFIG_MAPS, "ignore", configMap("x"));
  }

  @Test
  void expressions_thatDoNotCompileOrHaveTheWrongType_areRefused() {
    assertThatThrownBy(
            () ->
                policy(
                    "wrong",
                    """
                    variables: [{name: known, expression: "1"}]
                    validations:
                    - {expression: "object.x", message: "two\\nlines"}
                    - {expression: "variables.unknown == 1"}
                    - {expression: "request.nothing == 1"}
                    - {expression: "true", messageExpression: "1"}
                    auditAnnotations: [{key: k, valueExpression: "1"}]
                    """,
                    "validationActions: [Deny]"))
        .hasMessageContaining("spec.validations[0].expression: Invalid value: \"object.x\": must")
        .hasMessageContaining("must evaluate to bool")
        .hasMessageContaining("message must not contain line breaks")
        .hasMessageContaining("undefined field 'unknown'")
        .hasMessageContaining("undefined field 'nothing'")
        .hasMessageContaining("must evaluate to string")
        .hasMessageContaining("must evaluate to one of [string null_type]");
  }

  @Test
  void typeChecking_warnsInTheStatus() {
    client.create(
        POLICIES,
        "",
        yaml(
            """
            metadata: {name: types}
            spec:
              matchConstraints:
                resourceRules:
                - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
              validations:
              - {expression: "object.spec.replicas > 1"}
              - {expression: "object.spec.replicas > '1'"}
              - {expression: "object.spec.nonsense == 1"}
              - {expression: "object.spec.template.spec.containers.all(c, c.image != '')"}
            """));
    await()
        .until(
            () ->
                client.get(POLICIES, "", "types").at("status", "observedGeneration").asInt() == 1);
    KubeObject policy = client.get(POLICIES, "", "types");
    assertThat(policy.at("status", "typeChecking", "expressionWarnings"))
        .hasSize(2)
        .allSatisfy(
            warning ->
                assertThat(warning.path("warning").asText())
                    .startsWith("apps/v1, Kind=Deployment: ERROR: <input>:1:"));
    assertThat(policy.at("status", "typeChecking", "expressionWarnings"))
        .extracting(warning -> warning.path("fieldRef").asText())
        .containsExactly("spec.validations[1].expression", "spec.validations[2].expression");
  }

  @Test
  void applyConfiguration_isMergedAsServerSideApplyDoes() {
    mutatingPolicy(
        "sidecar",
        "deployments",
        """
        failurePolicy: Fail
        mutations:
        - patchType: ApplyConfiguration
          applyConfiguration:
            expression: >-
              Object{
                metadata: Object.metadata{labels: {'by': 'policy'}},
                spec: Object.spec{
                  template: Object.spec.template{
                    spec: Object.spec.template.spec{
                      containers: [Object.spec.template.spec.containers{
                        name: 'proxy', image: 'proxy:' + string(object.spec.replicas)}]}}}}
        """);
    KubeObject made =
        client.create(
            DEPLOYMENTS,
            "sidecar",
            yaml(
                """
                metadata: {name: d, labels: {own: x}}
                spec:
                  replicas: 2
                  selector: {matchLabels: {a: b}}
                  template:
                    metadata: {labels: {a: b}}
                    spec: {containers: [{name: c, image: i}]}
                """));
    assertThat(made.labels()).containsEntry("own", "x").containsEntry("by", "policy");
    assertThat(made.at("spec", "template", "spec", "containers"))
        .extracting(container -> container.path("image").asText())
        .containsExactlyInAnyOrder("i", "proxy:2");
    assertThat(
            made.at("spec", "template", "spec", "containers")
                .path(1)
                .path("imagePullPolicy")
                .asText())
        .isEqualTo("IfNotPresent");
  }

  @Test
  void jsonPatch_isComputed_andATestThatFailsChangesNothing() {
    mutatingPolicy(
        "patch",
        "configmaps",
        """
        failurePolicy: Fail
        mutations:
        - patchType: JSONPatch
          jsonPatch:
            expression: >-
              [JSONPatch{op: 'test', path: '/data/a', value: '1'},
               JSONPatch{op: 'add', path: '/metadata/labels', value: Object.metadata.labels{}},
               JSONPatch{op: 'add', path: '/metadata/labels/' +
                 jsonpatch.escapeKey('example.com/by'), value: object.data.a}]
        """);
    assertThat(client.create(CONFIG_MAPS, "patch", configMap("a")).labels())
        .containsEntry("example.com/by", "1");
    ObjectNode other = configMap("b");
    other.withObject("/data").put("a", "2");
    assertThat(client.create(CONFIG_MAPS, "patch", other).labels()).isEmpty();
  }

  @Test
  void mutation_thatFails_deniesWithTheNamesOfPolicyAndBinding() {
    mutatingPolicy(
        "atomic",
        "configmaps",
        """
        failurePolicy: Fail
        mutations:
        - patchType: ApplyConfiguration
          applyConfiguration:
            expression: "Object{data: {'x': object.data.none}}"
        """);
    StatusException refusal = refusal("atomic", configMap("a"));
    assertThat(refusal.status().message())
        .isEqualTo(
            "policy 'atomic' with binding 'atomic' denied request: expression 'Object{data: {'x':"
                + " object.data.none}}' resulted in error: no such key: none");
    assertThat(refusal.status().reason()).isEqualTo("Invalid");
  }

  @Test
  void mutation_withTypesAtTheWrongPlace_isDenied() {
    mutatingPolicy(
        "place",
        "configmaps",
        """
        failurePolicy: Fail
        mutations:
        - patchType: ApplyConfiguration
          applyConfiguration:
            expression: "Object{metadata: Object.spec{}}"
        """);
    assertThat(refusal("place", configMap("a")).status().message())
        .endsWith(
            "type mismatch: unexpected type name \"Object.spec\", expected \"Object.metadata\","
                + " which matches field name path from root Object type");
  }

  @Test
  void mutations_thatAreNone_areRefused() {
    assertThatThrownBy(
            () ->
                mutatingPolicy(
                    "none",
                    "configmaps",
                    """
                    failurePolicy: Fail
                    mutations:
                    - {patchType: ApplyConfiguration, applyConfiguration: {expression: "1"}}
                    - {patchType: JSONPatch, jsonPatch: {expression: "Object{}"}}
                    - {patchType: Other}
                    """))
        .hasMessageContaining("must evaluate to Object")
        .hasMessageContaining("must evaluate to list(JSONPatch)")
        .hasMessageContaining("Unsupported value: \"Other\"");
  }
}
