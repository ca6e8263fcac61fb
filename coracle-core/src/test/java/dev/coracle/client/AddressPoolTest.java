package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

class AddressPoolTest {

  @Test
  void parse_ranges_containTheirAddresses() {
    AddressPool pool = AddressPool.parse("192.0.2.13/30, 192.0.2.20-192.0.2.21,198.51.100.1");
    assertThat(pool.first(address -> true)).isEqualTo("192.0.2.12");
    assertThat(pool.contains("192.0.2.15")).isTrue();
    assertThat(pool.contains("192.0.2.16")).isFalse();
    assertThat(pool.contains("192.0.2.21")).isTrue();
    assertThat(pool.contains("198.51.100.1")).isTrue();
    assertThat(pool.contains("2001:db8::1")).isFalse();
    assertThat(pool.contains("")).isFalse();
    Set<String> taken = Set.of("192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15");
    assertThat(pool.first(address -> !taken.contains(address))).isEqualTo("192.0.2.20");
    assertThat(pool.first(address -> false)).isNull();
  }

  @Test
  void parse_nonsense_saysWhat() {
    for (String text :
        new String[] {
          "", "x", "192.0.2", "192.0.2.0/33", "192.0.2.0/4", "192.0.2.9-192.0.2.1", "2001:db8::/64"
        }) {
      assertThatThrownBy(() -> AddressPool.parse(text))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
