package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "0", "a-b", "a.b-c.0"})
  void dns1123Subdomain_legal_hasNoErrors(String name) {
    assertThat(Names.dns1123Subdomain(name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "A", "a.", ".a", "a..b", "-a", "a-.b", "a_b", "é"})
  void dns1123Subdomain_illegal_quotesTheExpression(String name) {
    assertThat(Names.dns1123Subdomain(name))
        .containsExactly(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-'"
                + " or '.', and must start and end with an alphanumeric character (e.g."
                + " 'example.com', regex used for validation is"
                + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
  }

  @Test
  void dns1123Label_dotsOrLength_sayWhy() {
    assertThat(Names.dns1123Label("a.b")).containsExactly("must not contain dots");
    assertThat(Names.dns1123Label("a".repeat(64)))
        .containsExactly("must be no more than 63 characters");
    assertThat(Names.dns1123Label("a".repeat(63))).isEmpty();
  }

  @Test
  void dns1035Label_leadingDigit_isRefused() {
    assertThat(Names.dns1035Label("a1")).isEmpty();
    assertThat(Names.dns1035Label("1a")).hasSize(1);
    assertThat(Names.dns1035Label("")).hasSize(1);
  }

  @Test
  void qualifiedName_parts_areNamedInErrors() {
    assertThat(Names.qualifiedName("example.com/My_Name.x")).isEmpty();
    assertThat(Names.qualifiedName("/x")).containsExactly("prefix part must be non-empty");
    assertThat(Names.qualifiedName("a/b/c"))
        .singleElement()
        .asString()
        .startsWith("a valid label key must consist of alphanumeric characters")
        .endsWith("with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
    assertThat(Names.qualifiedName("")).hasSize(2).first().isEqualTo("name part must be non-empty");
  }

  @Test
  void labelValue_emptyIsLegal_spaceIsNot() {
    assertThat(Names.labelValue("")).isEmpty();
    assertThat(Names.labelValue("a b")).hasSize(1);
    assertThat(Names.labelValue("a".repeat(64))).containsExactly(Names.tooLong(63));
  }

  @Test
  void portName_rules_eachHaveTheirWords() {
    assertThat(Names.portName("http-2")).isEmpty();
    assertThat(Names.portName("80")).containsExactly("must contain at least one letter (a-z)");
    assertThat(Names.portName("a--b")).containsExactly("must not contain consecutive hyphens");
    assertThat(Names.portName("way-too-long-port-name")).containsExactly(Names.tooLong(15));
  }

  @Test
  void configMapKey_fileNames_only() {
    assertThat(Names.configMapKey("a_b-c.d")).isEmpty();
    assertThat(Names.configMapKey("..")).containsExactly("must not be '..'");
    assertThat(Names.configMapKey("..a")).containsExactly("must not start with '..'");
    assertThat(Names.configMapKey("a/b")).hasSize(1);
  }

  @Test
  void environmentVariable_printableAscii_isLegal() {
    assertThat(Names.environmentVariable("1 odd.name-x")).isEmpty();
    assertThat(Names.environmentVariable("a=b")).hasSize(1);
  }
}
