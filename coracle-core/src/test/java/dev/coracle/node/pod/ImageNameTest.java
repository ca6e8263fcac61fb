package dev.coracle.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host",
        "nginx:1.27",
        "registry.k8s.io/e2e-test-images/agnhost:2.47",
        "localhost:5000/a__b/c-d",
        "Registry.Example:443/x@sha256:"
            + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void isValid_nameOfAnImage_is(String name) {
    assertThat(ImageName.isValid(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "BAD image", "Nginx", "a:b:c", "a//b", "-a", "a@sha256:1", "a:"})
  void isValid_somethingElse_isNot(String name) {
    assertThat(ImageName.isValid(name)).isFalse();
  }

  @Test
  void isValid_endlessName_isNotEvenLookedAt() {
    assertThat(ImageName.isValid("a.".repeat(100_000) + "a")).isFalse();
  }
}
