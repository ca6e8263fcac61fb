package dev.coracle.schema.cel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The estimates that a kube-apiserver makes of rules, without and with limits in the schema. */
class ExpressionCostTest {

  private static ObjectNode json(String text) {
    return Json.readObject(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode scalar(String type) {
    return switch (type) {
      case "duration", "date", "date-time" ->
          Json.object().put("type", "string").put("format", type);
      case "int-or-string" -> Json.object().put("x-kubernetes-int-or-string", true);
      case "object" ->
          json(
              """
              {"type":"object","required":["required"],
               "properties":{"required":{"type":"string"},"optional":{"type":"string"}}}
              """);
      case "numbers" -> json("{\"type\":\"array\",\"items\":{\"type\":\"number\"}}");
      case "map of numbers" ->
          json("{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\"}}");
      default -> Json.object().put("type", type);
    };
  }

  private static double cost(JsonNode schema, String rule) throws ExpressionException {
    return SchemaType.of(schema, false).compile(rule, false).worstCost(schema);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "number        | self.all(x, true)                     | 4718591 | 10   | 32",
        "string        | self.all(x, true)                     | 3145727 | 20   | 62",
        "boolean       | self.all(x, true)                     | 1887437 | 5    | 17",
        "numbers       | self.all(x, true)                     | 3145727 | 100  | 302",
        "object        | self.all(x, true)                     | 555128  | 50   | 152",
        "int-or-string | self.all(x, true)                     | 4718591 | 10   | 32",
        "duration      | self.all(x, true)                     | 2359295 | 5    | 17",
        "date          | self.all(x, true)                     | 725936  | 15   | 47",
        "date-time     | self.all(x, true)                     | 428963  | 25   | 77",
        "number        | self[1] == 0.0                        | 2       | 5000 | 2",
        "boolean       | self[0] == false                      | 2       | 25   | 2",
        "int-or-string | self[0] == 5                          | 3       | 10   | 3",
        "string        | self[1] == self[1]                    | 314577  | 8    | 314577",
        "number        | self.all(x, x == 0.0)                 | 6291454 | 10   | 42",
        "duration      | self[0].getHours() == 2               | 4       | 525  | 4",
        "map of numbers | self.all(x, x.y == 25.2)             | 6291452 | 12   | 74",
        "map of numbers | self[0].x > 2.0                      | 4       | 3000 | 4",
        "numbers       | self[0][0] == -1.0                    | 3       | 51   | 3",
      })
  void worst_list_isKubernetesEstimate(
      String items, String rule, long unlimited, int most, long limited)
      throws ExpressionException {
    ObjectNode list = Json.object().put("type", "array");
    list.set("items", scalar(items));
    assertThat(cost(list, rule)).isEqualTo(unlimited);
    assertThat(cost(list.put("maxItems", most), rule)).isEqualTo(limited);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "number        | self.all(x, true)  | 1348169 | 10 | 32",
        "string        | self.all(x, true)  | 1179647 | 3  | 11",
        "boolean       | self.all(x, true)  | 943718  | 100 | 302",
        "int-or-string | self.all(x, true)  | 1348169 | 15 | 47",
        "object        | self.all(x, true)  | 428963  | 20 | 62",
        "number        | self[\"x\"] == 0.0 | 2       | 0  | 2",
        "string        | self.all(x, x.contains(self[x])) | 2752507 | 10 | 72",
      })
  void worst_map_isKubernetesEstimate(
      String values, String rule, long unlimited, int most, long limited)
      throws ExpressionException {
    ObjectNode map = Json.object().put("type", "object");
    map.set("additionalProperties", scalar(values));
    assertThat(cost(map, rule)).isEqualTo(unlimited);
    assertThat(cost(map.put("maxProperties", most), rule)).isEqualTo(limited);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "self.contains('test')                  | 314574 | 10  | 5",
        "self.startsWith('test')                | 2      | 15  | 2",
        "self.endsWith('test')                  | 2      | 30  | 2",
        "size(self + 'hello') > size('hello')   | 314578 | 4   | 7",
        "self.matches('x')                      | 314574 | 50  | 22",
        "''.matches('(((((((((())))))))))[0-9]') | 7     | 10  | 7",
        "self.matches('')                       | 1      | 100 | 1",
        "self == 'x'                            | 2      | 0   | 1",
      })
  void worst_text_isKubernetesEstimate(String rule, long unlimited, int most, long limited)
      throws ExpressionException {
    ObjectNode text = Json.object().put("type", "string");
    assertThat(cost(text, rule)).isEqualTo(unlimited);
    assertThat(cost(text.put("maxLength", most), rule)).isEqualTo(limited);
  }
}
