package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FieldSelectorTest {

  private static boolean matches(String selector) {
    Map<String, String> fields = Map.of("metadata.name", "a,b", "status.phase", "Running");
    return FieldSelector.parse(selector).matches(field -> fields.getOrDefault(field, ""));
  }

  @Test
  void matches_terms_mustAllHold() {
    assertThat(matches("status.phase=Running,spec.nodeName=")).isTrue();
    assertThat(matches("status.phase==Running,spec.nodeName!=")).isFalse();
    assertThat(matches("metadata.name=a\\,b")).isTrue();
    assertThat(matches("")).isTrue();
  }

  @Test
  void parse_broken_saysWhatKubernetesSays() {
    assertThatThrownBy(() -> FieldSelector.parse("a=b,junk"))
        .hasMessage("invalid selector: 'a=b,junk'; can't understand 'junk'");
    assertThatThrownBy(() -> FieldSelector.parse("a=b\\x"))
        .hasMessage("invalid field selector: invalid escape sequence: \\x");
  }

  @Test
  void checkFields_unknownField_isRefused() {
    FieldSelector selector = FieldSelector.parse("data.a=1");
    assertThatThrownBy(() -> selector.checkFields(List.of()))
        .hasMessage(
            "\"data.a\" is not a known field selector: only \"metadata.name\","
                + " \"metadata.namespace\"");
    assertThatThrownBy(() -> selector.checkFields(List.of("spec.nodeName")))
        .hasMessage("field label not supported: data.a");
    FieldSelector.parse("metadata.name=x,spec.nodeName=y").checkFields(List.of("spec.nodeName"));
  }

  @Test
  void required_equalTerm_givesItsValue() {
    FieldSelector selector = FieldSelector.parse("metadata.name=x,a!=b");
    assertThat(selector.required("metadata.name")).isEqualTo("x");
    assertThat(selector.required("a")).isNull();
    assertThat(selector).hasToString("metadata.name=x,a!=b");
  }
}
