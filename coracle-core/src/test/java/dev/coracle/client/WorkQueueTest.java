package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.ControllableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WorkQueueTest {

  private final ControllableClock clock =
      new ControllableClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final WorkQueue<String> queue = new WorkQueue<>(clock);

  @Test
  void add_waitingKey_isWorkedOnOnce() throws Exception {
    queue.add("a");
    queue.add("a");
    queue.add("b");
    assertThat(queue.take()).isEqualTo("a");
    assertThat(queue.take()).isEqualTo("b");
    assertThat(queue.size()).isZero();
  }

  @Test
  void add_keyBeingWorkedOn_comesAgainAfterDone() throws Exception {
    queue.add("a");
    queue.take();
    queue.add("a");
    assertThat(queue.size()).isZero();
    queue.done("a");
    assertThat(queue.take()).isEqualTo("a");
    queue.done("a");
    assertThat(queue.isIdle()).isTrue();
  }

  @Test
  void addAfter_twoDelays_theShorterCounts() throws Exception {
    queue.addAfter("a", Duration.ofSeconds(10));
    queue.addAfter("a", Duration.ofSeconds(5));
    queue.addAfter("a", Duration.ofSeconds(20));
    clock.advance(Duration.ofSeconds(4));
    assertThat(queue.size()).isZero();
    clock.advance(Duration.ofSeconds(1));
    assertThat(queue.take()).isEqualTo("a");
    queue.done("a");
    clock.advance(Duration.ofMinutes(1));
    assertThat(queue.size()).isZero();
  }

  @Test
  void addRateLimited_again_doublesUntilForgotten() throws Exception {
    for (int millis : new int[] {5, 10, 20, 40}) {
      queue.addRateLimited("a");
      clock.advance(Duration.ofMillis(millis - 1));
      assertThat(queue.size()).isZero();
      clock.advance(Duration.ofMillis(1));
      assertThat(queue.size()).isEqualTo(1);
      queue.take();
      queue.done("a");
    }
    assertThat(queue.failures("a")).isEqualTo(4);
    queue.forget("a");
    queue.addRateLimited("a");
    clock.advance(Duration.ofMillis(5));
    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void backoff_manyFailures_endsAtTheLongest() {
    assertThat(WorkQueue.DEFAULT_BACKOFF.after(100)).isEqualTo(Duration.ofSeconds(1000));
    assertThat(WorkQueue.DEFAULT_BACKOFF.after(30)).isEqualTo(Duration.ofSeconds(1000));
  }

  @Test
  void close_waitingWorker_getsNull() {
    AtomicBoolean ended = new AtomicBoolean();
    Thread.startVirtualThread(
        () -> {
          try {
            ended.set(queue.take() == null);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    queue.close();
    queue.add("a");
    await().untilTrue(ended);
  }
}
