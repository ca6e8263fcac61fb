package dev.coracle.apiserver.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.StatusException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyTargetsTest {

  private final ProxyTargets targets = new ProxyTargets(false, port -> port == 6443);
  private final ProxyTargets withoutNetwork = new ProxyTargets(true, port -> port == 6443);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::1",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "localhost",
        "metadata.internal",
        "",
      })
  void target_thatIsNoPodsAddress_isRefused(String host) {
    assertThat(targets.allows(host, 80)).isFalse();
    assertThatThrownBy(() -> targets.require(host, 80))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("address not allowed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.244.0.7", "192.168.1.1", "fd00::7", "203.0.113.9"})
  void target_ofANetwork_isAllowed(String host) {
    assertThat(targets.allows(host, 6443)).isTrue();
  }

  @Test
  void podsWithoutANetwork_areOnLoopback_butTheServerItselfIsNot() {
    assertThat(withoutNetwork.allows("127.0.0.1", 8080)).isTrue();
    assertThat(withoutNetwork.allows("127.0.0.1", 6443)).isFalse();
    assertThat(withoutNetwork.allows("169.254.169.254", 80)).isFalse();
  }
}
