package dev.coracle.apiserver.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
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
  void offer_toOneWhoDoesNotTake_endsAfterSoManyEventsAndDropsThem() throws Exception {
    WatchQueue queue = new WatchQueue();
    WatchEvent small = event(1);
    for (int i = 0; i < 20_000; i++) {
      assertThat(queue.offer(small)).isTrue();
    }
    queue.begun();
    assertThat(offered(queue, small)).isEqualTo(16 * 1024);
    assertThat(queue.overrun()).isTrue();
    assertThat(queue.take()).isNull();
  }

  @Test
  void offer_toOneWhoStillReadsWhatItBeginsWith_dropsThatAsWell() throws Exception {
    WatchQueue queue = new WatchQueue();
    queue.offerAll(Stream.generate(() -> event(1)).iterator());
    queue.begun();
    assertThat(queue.take()).hasSize(64);
    assertThat(offered(queue, event(1))).isEqualTo(16 * 1024);
    assertThat(queue.take()).isNull();
  }

  @Test
  void take_whatAWatchBeginsWithIsNoMore_endsWithTheError() throws Exception {
    WatchQueue queue = new WatchQueue();
    queue.offerAll(
        Stream.generate(
                () -> {
                  throw StatusException.expired("gone");
                })
            .map(any -> event(1))
            .iterator());
    queue.begun();
    queue.offer(event(1));
    assertThat(Objects.requireNonNull(queue.take()))
        .singleElement()
        .satisfies(
            error -> {
              assertThat(error.type()).isEqualTo(WatchEvent.Type.ERROR);
              assertThat(error.object().at("code").asInt()).isEqualTo(410);
            });
    assertThat(queue.take()).isNull();
  }

  @Test
  void take_throughAView_showsWhatItShows() throws Exception {
    WatchQueue queue = new WatchQueue();
    WatchEvent shown = event(2);
    WatchEvent hidden = event(1);
    queue.showThrough(events -> events.stream().filter(event -> event != hidden).toList());
    queue.begun();
    for (int i = 0; i < 1_000; i++) {
      queue.offer(hidden);
    }
    queue.offer(shown);
    assertThat(queue.take()).containsExactly(shown);
  }

  @Test
  void offer_toOneWhoHasCaughtUp_endsAfterFewer() throws Exception {
    WatchQueue queue = new WatchQueue();
    queue.begun();
    WatchEvent small = event(1);
    Thread taker =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    assertThat(queue.take()).hasSize(1);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    while (taker.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    queue.offer(small);
    taker.join();
    assertThat(offered(queue, small)).isEqualTo(16 * 1024);
  }

  @Test
  void take_whatAWatchBeginsWith_comesFirstAndAsItIsTaken() throws Exception {
    WatchQueue queue = new WatchQueue();
    AtomicInteger made = new AtomicInteger();
    WatchEvent live = event(1);
    assertThat(
            queue.offerAll(
                Stream.generate(() -> event(made.incrementAndGet())).limit(1000).iterator()))
        .isTrue();
    queue.begun();
    queue.offer(live);
    queue.ended();
    assertThat(made.get()).isZero();
    int taken = 0;
    Queue<WatchEvent> batch = Objects.requireNonNull(queue.take());
    assertThat(made.get()).isLessThan(100);
    for (; batch.peek() != live; batch = Objects.requireNonNull(queue.take())) {
      taken += batch.size();
    }
    assertThat(taken).isEqualTo(1000);
    assertThat(queue.take()).isNull();
  }

  @Test
  void offer_toOneWhoDoesNotTake_endsAfterSoManyBytes() throws Exception {
    WatchQueue queue = new WatchQueue();
    queue.begun();
    WatchEvent large = event(1024 * 1024);
    assertThat(offered(queue, large)).isEqualTo(64);
    assertThat(queue.overrun()).isTrue();
  }

  @Test
  void offer_toOneWhoTakes_goesOn() throws Exception {
    WatchQueue queue = new WatchQueue();
    queue.begun();
    WatchEvent small = event(1);
    for (int i = 0; i < 10; i++) {
      for (int n = 0; n < 10_000; n++) {
        assertThat(queue.offer(small)).isTrue();
      }
      int taken = 0;
      while (taken < 10_000) {
        taken += Objects.requireNonNull(queue.take()).size();
      }
    }
    assertThat(queue.overrun()).isFalse();
  }
}
