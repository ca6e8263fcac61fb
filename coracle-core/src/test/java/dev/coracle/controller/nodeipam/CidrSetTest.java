package dev.coracle.controller.nodeipam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Cidr;
import dev.coracle.client.NodeRanges;
import org.junit.jupiter.api.Test;

class CidrSetTest {

  private static CidrSet set(String network, int nodePrefix) {
    return new CidrSet(new NodeRanges.Cluster(Cidr.parse(network), nodePrefix));
  }

  private static String take(CidrSet set) {
    return String.valueOf(set.take());
  }

  @Test
  void take_givesRangesInTurnUntilNoneIsLeft() {
    CidrSet set = set("10.0.0.0/22", 24);
    assertThat(take(set)).isEqualTo("10.0.0.0/24");
    assertThat(take(set)).isEqualTo("10.0.1.0/24");
    set.release(Cidr.parse("10.0.0.0/24"));
    assertThat(take(set)).isEqualTo("10.0.2.0/24");
    assertThat(take(set)).isEqualTo("10.0.3.0/24");
    assertThat(take(set)).isEqualTo("10.0.0.0/24");
    assertThat(set.take()).isNull();
  }

  @Test
  void occupy_aLargerOrSmallerNetwork_takesAllThatItTouches() {
    CidrSet set = set("10.0.0.0/21", 24);
    assertThat(set.occupy(Cidr.parse("10.0.0.0/22"))).isTrue();
    assertThat(set.occupy(Cidr.parse("10.0.4.16/28"))).isTrue();
    assertThat(set.occupy(Cidr.parse("192.168.0.0/24"))).isFalse();
    assertThat(take(set)).isEqualTo("10.0.5.0/24");
    assertThat(set.occupy(Cidr.parse("10.0.0.0/8"))).isTrue();
    assertThat(set.take()).isNull();
  }

  @Test
  void take_ofIpv6_isWrittenAsGoWrites() {
    CidrSet set = set("fd00:10::/56", 64);
    assertThat(take(set)).isEqualTo("fd00:10::/64");
    assertThat(take(set)).isEqualTo("fd00:10:0:1::/64");
  }

  @Test
  void cluster_withTooManyNodes_isRefused() {
    assertThatThrownBy(() -> set("10.0.0.0/7", 24))
        .hasMessage("a node's mask size must be from 7 to 23 for 10.0.0.0/7, not 24");
    assertThatThrownBy(() -> set("10.0.0.0/25", 24)).isInstanceOf(IllegalArgumentException.class);
  }
}
