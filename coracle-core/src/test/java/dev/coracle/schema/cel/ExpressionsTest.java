package dev.coracle.schema.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Json;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1, 2, 3].sum() == 6",
        "[1.5, 2.0].sum() == 3.5",
        "[3, 1, 2].max() == 3 && [3, 1, 2].min() == 1",
        "['a', 'b'].isSorted() && !['b', 'a'].isSorted()",
        "['a', 'b', 'a'].lastIndexOf('a') == 2 && ['a', 'b'].indexOf('c') == -1",
        "'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22']",
        "'%s has %d of %.2f'.format(['x', 3, 1.5]) == 'x has 3 of 1.50'",
        "quantity('1Gi').isGreaterThan(quantity('1G'))",
        "quantity('500m').add(quantity('1500m')).asInteger() == 2",
        "!isQuantity('ten')",
        "ip('10.0.0.1').family() == 4 && ip('::1').isLoopback()",
        "!isIP('10.0.0.256') && !isIP('010.0.0.1')",
        "cidr('10.1.0.0/16').containsIP('10.1.2.3') && !cidr('10.1.0.0/16').containsIP('10.2.2.3')",
        "cidr('10.1.0.0/16').containsCIDR('10.1.4.0/24')",
        "cidr('10.1.2.3/16').masked() == cidr('10.1.0.0/16')",
        "string(ip('2001:DB8:0:0:0:0:0:1')) == '2001:db8::1'",
        "url('https://a.example:8443/x?k=1&k=2').getQuery()['k'] == ['1', '2']",
        "url('https://a.example:8443/x').getHostname() == 'a.example'",
        "format.dns1123Label().validate('good') == optional.none()",
        "format.named('uuid').value().validate('bad').hasValue()",
        "semver('1.2.3').isLessThan(semver('1.10.0')) && isSemver('v1.2', true)",
        "semver('1.0.0-rc.2').isLessThan(semver('1.0.0-rc.11'))",
        "sets.contains([1, 2, 3], [2])",
        "{'a': 1}.all(k, v, k == 'a' && v == 1)",
        "object.spec.replicas < 3.5 && object.?spec.?none.orValue(7) == 7",
        "has(object.spec) && !has(object.status)",
        "'x' in object.labels",
        "timestamp('2024-01-01T00:00:00Z') < timestamp('2024-01-02T00:00:00Z')",
        "'a,b'.split(',').map(s, s.upperAscii()).join('+') == 'A+B'",
      })
  void evaluate_holds(String source) throws ExpressionException {
    Object object =
        ExpressionValues.of(Json.read("{\"spec\":{\"replicas\":3},\"labels\":{\"x\":\"y\"}}"));
    assertThat(Expressions.compile(source, Set.of("object")).evaluate(Map.of("object", object)))
        .isEqualTo(true);
  }

  @Test
  void evaluate_missingKey_saysWhich() throws ExpressionException {
    Expression expression = Expressions.compile("object.nope == 1", Set.of("object"));
    assertThatThrownBy(() -> expression.evaluate(Map.of("object", Map.of())))
        .isInstanceOf(ExpressionException.class)
        .hasMessage("no such key: nope");
  }

  @Test
  void evaluate_division_byZero() throws ExpressionException {
    Expression expression = Expressions.compile("1 / object == 1", Set.of("object"));
    assertThatThrownBy(() -> expression.evaluate(Map.of("object", 0L)))
        .hasMessage("division by zero");
  }

  @Test
  void evaluate_endlessLoops_areCut() throws ExpressionException {
    String range = "lists.range(1000)";
    Expression expression =
        Expressions.compile(
            range + ".all(a, " + range + ".all(b, " + range + ".all(c, true)))", Set.of());
    assertThatThrownBy(() -> expression.evaluate(Map.of()))
        .hasMessage("operation cancelled: actual cost limit exceeded");
  }

  @Test
  void compile_unknownVariable_isShownInItsPlace() {
    assertThatThrownBy(() -> Expressions.compile("objekt == 1", Set.of("object")))
        .hasMessage(
            "ERROR: <input>:1:1: undeclared reference to 'objekt' (in container '')\n"
                + " | objekt == 1\n"
                + " | ^");
  }

  @Test
  void schemaType_namesAreEscaped_andTyped() throws ExpressionException {
    var schema =
        Json.read(
            "{\"type\":\"object\",\"properties\":{\"a-b\":{\"type\":\"integer\"},"
                + "\"namespace\":{\"type\":\"string\"},"
                + "\"since\":{\"type\":\"string\",\"format\":\"duration\"}}}");
    SchemaType type = SchemaType.of(schema, false);
    Object self = type.value(Json.read("{\"a-b\":3,\"namespace\":\"n\",\"since\":\"1h30m\"}"));
    Expression rule =
        type.compile(
            "self.a__dash__b == 3 && self.__namespace__ == 'n' && self.since >" + " duration('1h')",
            false);
    assertThat(rule.evaluate(Map.of("self", self))).isEqualTo(true);
    assertThatThrownBy(() -> type.compile("self.c == 1", false))
        .hasMessageContaining("undefined field 'c'");
  }
}
