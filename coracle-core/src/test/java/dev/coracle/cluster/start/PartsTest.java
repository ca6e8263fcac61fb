package dev.coracle.cluster.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartsTest {

  private final List<String> closed = new ArrayList<>();

  @Test
  void close_severalParts_lastStartedFirst() {
    Parts parts = new Parts();
    parts.keep(() -> closed.add("store"));
    parts.keep(() -> closed.add("server"));

    parts.close();

    assertThat(closed).containsExactly("server", "store");
  }

  @Test
  void close_onePartFails_othersStopAllTheSame() {
    Parts parts = new Parts();
    parts.keep(() -> closed.add("store"));
    parts.keep(
        () -> {
          throw new IllegalStateException("stuck");
        });
    parts.keep(() -> closed.add("node"));

    parts.close();

    assertThat(closed).containsExactly("node", "store");
  }
}
