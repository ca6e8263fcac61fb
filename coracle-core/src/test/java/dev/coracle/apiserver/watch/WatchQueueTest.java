package dev.coracle.apiserver.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WatchQueueTest {

  private static WatchEvent event(int bytes) {
    String json = "{\"kind\":\"K\",\"apiVersion\":\"v1\",\"x\":\"" + "x".repeat(bytes) + "\"}";
    return new WatchEvent(
        WatchEvent.Type.ADDED, KubeObject.of(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static int offered(WatchQueue queue, WatchEvent event) {
    int count = 0;
    while (count < 1_000_000 && queue.offer(event)) {
      count++;
    }
    return count;
  }

  @Test
  void offer_toOneWhoDoesNotTake_endsAfterSoManyEvents() throws Exception {
    WatchQueue queue = new WatchQueue();
    WatchEvent small = event(1);
    for (int i = 0; i < 20_000; i++) {
      assertThat(queue.offer(small)).isTrue();
    }
    queue.begun(false);
    assertThat(offered(queue, small)).isEqualTo(16 * 1024);
    assertThat(queue.overrun()).isTrue();
    assertThat(queue.take()).hasSize(20_000 + 16 * 1024);
    assertThat(queue.take()).isNull();
  }

  @Test
  void offer_toOneWhoDoesNotTake_endsAfterSoManyBytes() throws Exception {
    WatchQueue queue = new WatchQueue();
    queue.begun(false);
    WatchEvent large = event(1024 * 1024);
    assertThat(offered(queue, large)).isEqualTo(64);
    assertThat(queue.overrun()).isTrue();
  }

  @Test
  void offer_toOneWhoTakes_goesOn() throws Exception {
    WatchQueue queue = new WatchQueue();
    queue.begun(false);
    WatchEvent small = event(1);
    for (int i = 0; i < 10; i++) {
      for (int n = 0; n < 10_000; n++) {
        assertThat(queue.offer(small)).isTrue();
      }
      assertThat(queue.take()).hasSize(10_000);
    }
    assertThat(queue.overrun()).isFalse();
  }
}
