package dev.coracle.store.engine;

import static dev.coracle.store.engine.StoreContract.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.store.CompactedException;
import dev.coracle.store.FutureRevisionException;
import dev.coracle.store.Store;
import dev.coracle.store.Store.Change;
import dev.coracle.store.Store.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every engine promises to those that watch it; each engine's test implements it. */
interface StoreWatchContract {

  /** As {@link StoreContract#open}. */
  Store open() throws Exception;

  @Test
  default void watch_fromNow_tellsWhatFollowsUnderThePrefix() throws Exception {
    try (Store store = open()) {
      store.create("/k/a", bytes("1"));
      RecordingListener listener = new RecordingListener();
      store.watch("/k/", store.currentRevision(), listener);
      store.create("/other/a", bytes("1"));
      store.update("/k/a", bytes("2"), 1);
      store.delete("/k/a", 3);
      assertThat(listener.changes()).containsExactly("put /k/a@3", "delete /k/a@4");
      assertThat(listener.told())
          .filteredOn(change -> change instanceof Change.Put)
          .singleElement()
          .satisfies(
              change -> {
                Entry before = ((Change.Put) change).before();
                assertThat(before).isNotNull();
                assertThat(before.value()).isEqualTo(bytes("1"));
              });
      assertThat(((Change.Delete) listener.told().getLast()).last().value()).isEqualTo(bytes("2"));
    }
  }

  @Test
  default void watch_fromAnOldRevision_tellsHistoryFirst() throws Exception {
    try (Store store = open()) {
      store.create("/k/a", bytes("1"));
      store.create("/k/b", bytes("1"));
      store.update("/k/a", bytes("2"), 1);
      store.delete("/k/b", 2);
      RecordingListener listener = new RecordingListener();
      store.watch("/k/", 1, listener);
      assertThat(listener.changes()).containsExactly("put /k/b@2", "put /k/a@3", "delete /k/b@4");
      store.create("/k/c", bytes("1"));
      assertThat(listener.changes()).hasSize(4).last().isEqualTo("put /k/c@5");
    }
  }

  @Test
  default void watch_changesElsewhere_tellProgress() throws Exception {
    try (Store store = open()) {
      store.create("/k/a", bytes("1"));
      RecordingListener listener = new RecordingListener();
      store.watch("/k/", 0, listener);
      store.create("/other/a", bytes("1"));
      assertThat(listener.changes()).containsExactly("put /k/a@1");
      assertThat(listener.told().getLast()).isEqualTo(new Change.Progress(2));
    }
  }

  @Test
  default void watch_futureRevision_isRefused() throws Exception {
    try (Store store = open()) {
      assertThatThrownBy(() -> store.watch("/", 1, new RecordingListener()))
          .isInstanceOf(FutureRevisionException.class);
    }
  }

  @Test
  default void watch_closed_tellsNothingMore() throws Exception {
    try (Store store = open()) {
      RecordingListener listener = new RecordingListener();
      Store.Watch watch = store.watch("/", 0, listener);
      watch.close();
      watch.close();
      store.create("/a", bytes("1"));
      assertThat(listener.changes()).isEmpty();
      assertThat(listener.ended).isNull();
    }
  }

  @Test
  default void watch_listenerThrows_endsThatWatchOnly() throws Exception {
    try (Store store = open()) {
      RecordingListener healthy = new RecordingListener();
      AtomicInteger calls = new AtomicInteger();
      ConcurrentLinkedQueue<Exception> ended = new ConcurrentLinkedQueue<>();
      store.watch(
          "/",
          0,
          new Store.Listener() {
            @Override
            public void changed(Change change) {
              if (change instanceof Change.Put) {
                calls.incrementAndGet();
                throw new IllegalStateException("on purpose");
              }
            }

            @Override
            public void ended(Exception cause) {
              ended.add(cause);
            }
          });
      store.watch("/", 0, healthy);
      store.create("/a", bytes("1"));
      store.create("/b", bytes("1"));
      assertThat(calls).hasValue(1);
      assertThat(ended).hasSize(1);
      assertThat(healthy.changes()).containsExactly("put /a@1", "put /b@2");
    }
  }

  @Test
  default void changes_afterARevision_comeInPages() throws Exception {
    try (Store store = open()) {
      store.create("/k/a", bytes("1"));
      store.create("/other", bytes("1"));
      store.create("/k/b", bytes("1"));
      store.delete("/k/a", 1);
      store.create("/other/b", bytes("1"));
      Store.Page first = store.changes("/k/", 0, 2);
      assertThat(first.changes()).extracting(Change::revision).containsExactly(1L, 3L);
      assertThat(first.upTo()).isEqualTo(3);
      Store.Page second = store.changes("/k/", first.upTo(), 2);
      assertThat(second.changes()).extracting(Change::revision).containsExactly(4L);
      assertThat(second.upTo()).isEqualTo(5);
      assertThat(store.changes("/k/", 5, 2)).isEqualTo(new Store.Page(List.of(), 5));
      assertThatThrownBy(() -> store.changes("/k/", 6, 2))
          .isInstanceOf(FutureRevisionException.class);
      store.compact(3);
      assertThatThrownBy(() -> store.changes("/k/", 2, 2)).isInstanceOf(CompactedException.class);
      assertThat(store.changes("/k/", 3, 2).changes()).hasSize(1);
    }
  }

  @Test
  default void watch_manyWriters_readsItsOwnWritesThroughTheListener() throws Exception {
    int writers = 32;
    int each = 20;
    Map<String, Long> cache = new ConcurrentHashMap<>();
    AtomicLong last = new AtomicLong();
    AtomicInteger outOfOrder = new AtomicInteger();
    try (Store store = open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      store.watch(
          "/w/",
          0,
          change -> {
            if (change.revision() <= last.getAndSet(change.revision()) && change.revision() != 0) {
              outOfOrder.incrementAndGet();
            }
            if (change instanceof Change.Put put) {
              cache.put(put.now().key(), put.now().modRevision());
            }
          });
      List<Future<Integer>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        String prefix = "/w/" + writer + "/";
        running.add(
            threads.submit(
                () -> {
                  int behind = 0;
                  for (int i = 0; i < each; i++) {
                    long revision = store.create(prefix + i, bytes("v")).modRevision();
                    Long seen = cache.get(prefix + i);
                    behind += seen == null || seen < revision ? 1 : 0;
                  }
                  return behind;
                }));
      }
      int behind = 0;
      for (Future<Integer> writer : running) {
        behind += writer.get();
      }
      assertThat(behind).isZero();
      assertThat(outOfOrder).hasValue(0);
      assertThat(cache).hasSize(writers * each);
    }
  }

  @Test
  default void watch_startedDuringWrites_hasNoGapAndNoDouble() throws Exception {
    int writers = 8;
    int each = 60;
    try (Store store = open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<RecordingListener> listeners = new ArrayList<>();
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        String prefix = "/w/" + writer + "/";
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    store.create(prefix + i, bytes("v"));
                  }
                }));
      }
      do {
        RecordingListener listener = new RecordingListener();
        store.watch("/w/", 0, listener);
        listeners.add(listener);
      } while (listeners.size() < 50 && running.stream().anyMatch(writer -> !writer.isDone()));
      for (Future<?> writer : running) {
        writer.get();
      }
      List<Long> all = LongStream.rangeClosed(1, writers * each).boxed().toList();
      for (RecordingListener listener : listeners) {
        assertThat(
                listener.told().stream()
                    .filter(change -> change instanceof Change.Put)
                    .map(Change::revision)
                    .toList())
            .containsExactlyElementsOf(all);
      }
    }
  }
}
