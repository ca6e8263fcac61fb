package dev.coracle.schema.validation.custom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.cel.CostBudget;
import dev.coracle.schema.validation.Validation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExpressionRulesTest {

  private static final String TANK =
      """
      {"type": "object", "properties": {"spec": {"type": "object",
        "properties": {
          "level": {"type": "integer"},
          "kind": {"type": "string", "x-kubernetes-validations":
            [{"rule": "self == oldSelf", "message": "kind can't change"}]},
          "valves": {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"],
              "properties": {"name": {"type": "string", "maxLength": 10}, "open": {"type": "boolean"}},
              "x-kubernetes-validations": [{"rule": "self.open || !oldSelf.open"}]}}},
        "x-kubernetes-validations": [
          {"rule": "self.level < 10", "messageExpression": "'level ' + string(self.level)",
           "fieldPath": ".level", "reason": "FieldValueForbidden"},
          {"rule": "!has(self.valves) || self.valves.size() < 3", "message": "too many valves"}]}}}
      """;

  private static List<StatusCause> check(String now, @Nullable String old) {
    return check(now, old, new ArrayList<>());
  }

  private static List<StatusCause> check(String now, @Nullable String old, List<String> warnings) {
    return ExpressionRules.of(Json.read(TANK))
        .check(
            (ObjectNode) Json.read(now),
            old == null ? null : (ObjectNode) Json.read(old),
            warnings);
  }

  @Test
  void check_brokenRule_hasItsMessageFieldAndReason() {
    assertThat(check("{\"spec\":{\"level\":12}}", null))
        .containsExactly(
            new StatusCause("FieldValueForbidden", "Forbidden: level 12", "spec.level"));
  }

  @Test
  void check_objects_areNotShownAsValues() {
    assertThat(
            check(
                "{\"spec\":{\"level\":1,\"valves\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}]}}",
                null))
        .containsExactly(
            new StatusCause("FieldValueInvalid", "Invalid value: too many valves", "spec"));
  }

  @Test
  void check_missingKey_isNamed() {
    assertThat(check("{\"spec\":{}}", null))
        .containsExactly(
            new StatusCause(
                "FieldValueInvalid",
                "Invalid value: \"object\": no such key: level evaluating rule: self.level < 10",
                "spec"));
  }

  @Test
  void check_transition_holdsForUpdatesOnly() {
    String steel = "{\"spec\":{\"level\":1,\"kind\":\"steel\"}}";
    String glass = "{\"spec\":{\"level\":1,\"kind\":\"glass\"}}";
    assertThat(check(steel, null)).isEmpty();
    assertThat(check(glass, steel))
        .containsExactly(
            new StatusCause(
                "FieldValueInvalid", "Invalid value: \"glass\": kind can't change", "spec.kind"));
  }

  @Test
  void check_itemsOfMaps_areComparedByKey() {
    String before = "{\"spec\":{\"level\":1,\"valves\":[{\"name\":\"a\",\"open\":true}]}}";
    String after =
        "{\"spec\":{\"level\":1,\"valves\":[{\"name\":\"b\",\"open\":false},"
            + "{\"name\":\"a\",\"open\":false}]}}";
    assertThat(check(after, before))
        .extracting(StatusCause::field)
        .containsExactly("spec.valves[1]");
  }

  @Test
  void check_whatAnUpdateLeaves_onlyWarns() {
    String bad = "{\"spec\":{\"level\":12}}";
    List<String> warnings = new ArrayList<>();
    assertThat(check(bad, bad, warnings)).isEmpty();
    assertThat(warnings).containsExactly("spec.level: Forbidden: level 12");
  }

  private static List<StatusCause> names(int count, String rule, @Nullable CostBudget budget) {
    ObjectNode schema =
        (ObjectNode)
            Json.read(
                """
                {"type":"object","properties":{"names":{"type":"array","items":{"type":"string"}}}}
                """);
    ((ObjectNode) schema.path("properties").path("names"))
        .putArray("x-kubernetes-validations")
        .addObject()
        .put("rule", rule);
    ObjectNode object = Json.object();
    var names = object.putArray("names");
    for (int i = 0; i < count; i++) {
      names.add("name-" + i);
    }
    ExpressionRules rules = ExpressionRules.of(schema);
    return budget == null
        ? rules.check(object, null, new ArrayList<>())
        : rules.check(object, budget);
  }

  private static final String QUADRATIC = "self.all(a, self.exists(b, a == b))";

  @Test
  void check_expensiveRule_isCutOff() {
    assertThat(names(20, QUADRATIC, null)).isEmpty();
    assertThat(names(1000, QUADRATIC, null))
        .containsExactly(
            new StatusCause(
                "FieldValueInvalid",
                "Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no"
                    + " further validation rules will be run due to call cost exceeds limit for"
                    + " rule: "
                    + QUADRATIC,
                "names"));
  }

  @Test
  void check_budgetOfTheObjectIsSpent_endsTheValidation() {
    assertThat(names(20, QUADRATIC, CostBudget.of(100)))
        .containsExactly(
            new StatusCause(
                "FieldValueInvalid",
                "Invalid value: \"array\": validation failed due to running out of cost budget, no"
                    + " further validation rules will be run",
                "names"));
  }

  private static List<StatusCause> crd(String schema) {
    return Validation.create(
            new GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
            (ObjectNode)
                Json.read(
                    """
                    {"metadata": {"name": "tanks.example.com"}, "spec": {"group": "example.com",
                      "scope": "Namespaced", "names": {"plural": "tanks", "singular": "tank",
                      "kind": "Tank", "listKind": "TankList"}, "versions": [{"name": "v1",
                      "served": true, "storage": true, "schema": {"openAPIV3Schema": %s}}]},
                     "status": {"storedVersions": ["v1"]}}
                    """
                        .formatted(schema)))
        .stream()
        .filter(cause -> cause.field().startsWith("spec.validation"))
        .toList();
  }

  @Test
  void crd_goodRules_areTaken() {
    assertThat(crd(TANK))
        .filteredOn(cause -> !cause.field().contains("messageExpression"))
        .extracting(StatusCause::field)
        .containsExactly("spec.validation.openAPIV3Schema");
    assertThat(crd(TANK.replace("'level ' + string(self.level)", "'level of ' + 'tank'")))
        .isEmpty();
  }

  @Test
  void crd_typeErrors_areRefused() {
    List<StatusCause> causes = crd(TANK.replace("self.level < 10", "self.level < 'x'"));
    assertThat(causes)
        .extracting(StatusCause::message)
        .anyMatch(m -> m.contains("found no matching overload for '_<_'"));
  }

  @Test
  void crd_compilerErrors_areWordedAsKubernetesWordsThem() {
    assertThat(crd(TANK.replace("self.level < 10", "self.level + 'x' == 1")))
        .extracting(StatusCause::message)
        .anyMatch(
            message ->
                message.contains(
                    "found no matching overload for '_+_' applied to '(int, string)'\n | "));
    assertThat(crd(TANK.replace("self.level < 10", "self.level <")))
        .extracting(StatusCause::message)
        .anyMatch(message -> message.contains("1:13: Syntax error: mismatched input '<EOF>'"));
  }

  @Test
  void crd_quadraticRule_isTooExpensive() {
    String list =
        "{\"type\":\"object\",\"properties\":{\"names\":{\"type\":\"array\",\"items\":"
            + "{\"type\":\"string\"},\"x-kubernetes-validations\":[{\"rule\":"
            + "\"self.all(a, self.all(b, a == b))\"}]}}}";
    assertThat(crd(list))
        .extracting(StatusCause::message)
        .anyMatch(message -> message.contains("exceeds budget by factor of more than 100x"));
    assertThat(
            crd(
                list.replace("\"type\":\"array\"", "\"type\":\"array\",\"maxItems\":10")
                    .replace("{\"type\":\"string\"}", "{\"type\":\"string\",\"maxLength\":9}")))
        .isEmpty();
  }

  @Test
  void crd_fieldPath_mustLeadToAField() {
    assertThat(crd(TANK.replace("\".level\"", "\".depth\"")))
        .extracting(StatusCause::message)
        .contains("Invalid value: \".depth\": fieldPath must be a valid path");
  }
}
