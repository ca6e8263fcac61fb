package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelSelectorTest {

  private static final Map<String, String> LABELS = Map.of("app", "web", "tier", "b", "age", "7");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "app",
        "app=web",
        " app == web , tier",
        "app!=db",
        "other!=x",
        "!other",
        "app in (db,web)",
        "tier notin (a)",
        "other notin (a)",
        "age>6,age<8",
        "in notin (x)",
      })
  void matches_selectorThatHolds_isTrue(String selector) {
    assertThat(LabelSelector.parse(selector).matches(LABELS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "other",
        "app=db",
        "app=",
        "!app",
        "app in (db)",
        "app notin (web)",
        "age>7",
        "app>1",
        "app in ()"
      })
  void matches_selectorThatFails_isFalse(String selector) {
    assertThat(LabelSelector.parse(selector).matches(LABELS)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "app=a b | found 'b', expected: ',' or 'end of string'",
        "=x | found '=', expected: !, identifier, or 'end of string'",
        "a, | found '', expected: identifier after ','",
        "app in ( | unable to parse requirement: found '', expected: ',', ')' or identifier",
        "app in x | unable to parse requirement: found 'x' expected: '('",
        "app in (x | unable to parse requirement: found '', expected: ',' or ')'",
        "a b | unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        "!=x | found '!=', expected: !, identifier, or 'end of string'",
        "a>x | unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
      })
  void parse_broken_saysWhatKubernetesSays(String selector, String message) {
    assertThatThrownBy(() -> LabelSelector.parse(selector))
        .isInstanceOf(StatusException.class)
        .hasMessage(message);
  }

  @Test
  void parse_illegalKey_namesTheRule() {
    assertThatThrownBy(() -> LabelSelector.parse("-a=b"))
        .hasMessageStartingWith(
            "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of");
  }

  @Test
  void of_objectForm_matchesAndPrints() {
    LabelSelector selector =
        LabelSelector.of(
            Json.read(
                """
                {"matchLabels":{"app":"web"},"matchExpressions":[
                  {"key":"tier","operator":"NotIn","values":["z","a"]},
                  {"key":"gone","operator":"DoesNotExist"}]}"""));
    assertThat(selector.matches(LABELS)).isTrue();
    assertThat(selector.matches(Map.of("app", "web", "gone", "1"))).isFalse();
    assertThat(selector).hasToString("app=web,!gone,tier notin (a,z)");
  }

  @Test
  void of_absentSelector_selectsNothing() {
    assertThat(LabelSelector.of(Json.object().path("selector")).matches(LABELS)).isFalse();
    assertThat(LabelSelector.of(Json.object()).matches(LABELS)).isTrue();
  }
}
