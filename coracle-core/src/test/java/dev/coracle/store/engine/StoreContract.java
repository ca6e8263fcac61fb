package dev.coracle.store.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coracle.Patience;
import dev.coracle.store.CompactedException;
import dev.coracle.store.ConflictException;
import dev.coracle.store.FutureRevisionException;
import dev.coracle.store.KeyExistsException;
import dev.coracle.store.Store;
import dev.coracle.store.Store.Entry;
import dev.coracle.store.Store.Range;
import dev.coracle.store.StoreClosedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every engine promises to those that read and write; each engine's test implements it. */
interface StoreContract {

  /** A new, empty store that keeps history for some thousand changes; the caller closes it. */
  Store open() throws Exception;

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static List<String> keys(Range range) {
    return range.entries().stream().map(Entry::key).toList();
  }

  static List<String> values(Range range) {
    return range.entries().stream().map(entry -> new String(entry.value(), UTF_8)).toList();
  }

  @Test
  default void currentRevision_newStore_isZero() throws Exception {
    try (Store store = open()) {
      assertThat(store.currentRevision()).isZero();
      assertThat(store.compactedRevision()).isZero();
      assertThat(store.get("/a")).isNull();
      assertThat(store.range("/", "", 0, 0)).isEqualTo(new Range(List.of(), 0, false, 0));
    }
  }

  @Test
  default void create_newKey_takesTheNextRevision() throws Exception {
    try (Store store = open()) {
      Entry first = store.create("/a", bytes("1"));
      Entry second = store.create("/b", bytes("2"));
      assertThat(first.createRevision()).isEqualTo(1);
      assertThat(first.modRevision()).isEqualTo(1);
      assertThat(second.modRevision()).isEqualTo(2);
      assertThat(store.currentRevision()).isEqualTo(2);
      Entry found = store.get("/b");
      assertThat(found).isNotNull();
      assertThat(found.value()).isEqualTo(bytes("2"));
    }
  }

  @Test
  default void createMissing_someExist_storesTheOthersInTheirOrder() throws Exception {
    try (Store store = open()) {
      store.create("/b", bytes("there"));
      RecordingListener listener = new RecordingListener();
      store.watch("/", 1, listener);
      SequencedMap<String, Store.Value> values = new LinkedHashMap<>();
      for (String key : List.of("/c", "/b", "/a")) {
        values.put(key, Store.Value.of(bytes("new")));
      }
      store.createMissing(values);
      assertThat(values(store.range("/", "", 0, 0))).containsExactly("new", "there", "new");
      assertThat(listener.changes()).containsExactly("put /c@2", "put /a@3");
    }
  }

  @Test
  default void create_existingKey_saysWhatIsThere() throws Exception {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      KeyExistsException exists =
          catchThrowableOfType(KeyExistsException.class, () -> store.create("/a", bytes("other")));
      assertThat(exists.entry().value()).isEqualTo(bytes("1"));
      assertThat(store.currentRevision()).isEqualTo(1);
    }
  }

  @Test
  default void create_emptyValue_isKept() throws Exception {
    try (Store store = open()) {
      store.create("/a", new byte[0]);
      Entry found = store.get("/a");
      assertThat(found).isNotNull();
      assertThat(found.value()).isEmpty();
    }
  }

  @Test
  default void create_afterDelete_hasANewCreateRevision() throws Exception {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      store.delete("/a", 0);
      Entry again = store.create("/a", bytes("2"));
      assertThat(again.createRevision()).isEqualTo(3);
      assertThat(again.modRevision()).isEqualTo(3);
    }
  }

  @Test
  default void update_expectedRevision_replacesAndKeepsTheCreateRevision() throws Exception {
    try (Store store = open()) {
      Entry created = store.create("/a", bytes("1"));
      Entry updated = store.update("/a", bytes("2"), created.modRevision());
      assertThat(updated.createRevision()).isEqualTo(1);
      assertThat(updated.modRevision()).isEqualTo(2);
      Entry found = store.get("/a");
      assertThat(found).isNotNull();
      assertThat(found.value()).isEqualTo(bytes("2"));
    }
  }

  @Test
  default void update_otherRevision_conflictsAndSaysWhatIsThere() throws Exception {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      store.update("/a", bytes("2"), 1);
      ConflictException conflict =
          catchThrowableOfType(ConflictException.class, () -> store.update("/a", bytes("3"), 1));
      assertThat(conflict.entry()).isNotNull();
      assertThat(conflict.entry().modRevision()).isEqualTo(2);
      assertThat(store.currentRevision()).isEqualTo(2);
    }
  }

  @Test
  default void update_missingKey_conflictsWithNothing() throws Exception {
    try (Store store = open()) {
      ConflictException conflict =
          catchThrowableOfType(ConflictException.class, () -> store.update("/a", bytes("1"), 0));
      assertThat(conflict.entry()).isNull();
      assertThat(store.currentRevision()).isZero();
    }
  }

  @Test
  default void delete_expectedRevision_removesAndTakesARevision() throws Exception {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      assertThat(store.delete("/a", 1)).isEqualTo(2);
      assertThat(store.get("/a")).isNull();
      assertThat(store.currentRevision()).isEqualTo(2);
    }
  }

  @Test
  default void delete_otherRevisionOrMissing_conflicts() throws Exception {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      assertThatThrownBy(() -> store.delete("/a", 7)).isInstanceOf(ConflictException.class);
      assertThatThrownBy(() -> store.delete("/b", 0)).isInstanceOf(ConflictException.class);
      assertThat(store.get("/a")).isNotNull();
      assertThat(store.currentRevision()).isEqualTo(1);
    }
  }

  @Test
  default void range_prefix_isSortedAndExact() throws Exception {
    try (Store store = open()) {
      for (String key : List.of("/pods/b/1", "/pods/a/2", "/podsets/a", "/pod", "/pods/a/1")) {
        store.create(key, bytes(key));
      }
      Range range = store.range("/pods/", "", 0, 0);
      assertThat(keys(range)).containsExactly("/pods/a/1", "/pods/a/2", "/pods/b/1");
      assertThat(range.revision()).isEqualTo(5);
      assertThat(range.more()).isFalse();
      assertThat(range.count()).isEqualTo(3);
      assertThat(keys(store.range("", "", 0, 0))).hasSize(5);
    }
  }

  @Test
  default void range_limitAndStartKey_pageThroughAll() throws Exception {
    try (Store store = open()) {
      for (int i = 0; i < 7; i++) {
        store.create("/k/" + i, bytes("v"));
      }
      Range first = store.range("/k/", "", 3, 0);
      assertThat(keys(first)).containsExactly("/k/0", "/k/1", "/k/2");
      assertThat(first.more()).isTrue();
      assertThat(first.count()).isEqualTo(7);
      Range second = store.range("/k/", "/k/2\0", 3, first.revision());
      assertThat(keys(second)).containsExactly("/k/3", "/k/4", "/k/5");
      assertThat(second.count()).isEqualTo(4);
      Range third = store.range("/k/", "/k/5\0", 3, first.revision());
      assertThat(keys(third)).containsExactly("/k/6");
      assertThat(third.more()).isFalse();
      assertThat(store.range("/k/", "/z", 3, 0).entries()).isEmpty();
    }
  }

  @Test
  default void range_oldRevision_isTheStateOfThen() throws Exception {
    try (Store store = open()) {
      store.create("/k/a", bytes("a1"));
      store.create("/k/b", bytes("b1"));
      store.create("/k/c", bytes("c1"));
      store.update("/k/b", bytes("b2"), 2);
      store.delete("/k/a", 0);
      store.create("/k/0", bytes("01"));
      store.create("/k/a", bytes("a2"));

      assertThat(values(store.range("/k/", "", 0, 0))).containsExactly("01", "a2", "b2", "c1");
      assertThat(values(store.range("/k/", "", 0, 3))).containsExactly("a1", "b1", "c1");
      assertThat(values(store.range("/k/", "", 0, 4))).containsExactly("a1", "b2", "c1");
      assertThat(values(store.range("/k/", "", 0, 5))).containsExactly("b2", "c1");
      Range page = store.range("/k/", "/k/a\0", 1, 3);
      assertThat(values(page)).containsExactly("b1");
      assertThat(page.more()).isTrue();
      assertThat(page.count()).isEqualTo(2);
      assertThat(page.revision()).isEqualTo(3);
      assertThat(page.entries().getFirst().modRevision()).isEqualTo(2);
      assertThat(store.range("/k/", "", 0, 1).count()).isEqualTo(1);
    }
  }

  @Test
  default void range_everyOldRevision_equalsAModel() throws Exception {
    Random random = new Random(20260);
    Map<Long, TreeMap<String, String>> states = new TreeMap<>();
    TreeMap<String, String> model = new TreeMap<>();
    try (Store store = open()) {
      for (int step = 1; step <= 300; step++) {
        String key = "/m/" + random.nextInt(20);
        Entry existing = store.get(key);
        if (existing == null) {
          store.create(key, bytes("v" + step));
          model.put(key, "v" + step);
        } else if (random.nextInt(3) == 0) {
          store.delete(key, existing.modRevision());
          model.remove(key);
        } else {
          store.update(key, bytes("v" + step), existing.modRevision());
          model.put(key, "v" + step);
        }
        states.put((long) step, new TreeMap<>(model));
      }
      for (Map.Entry<Long, TreeMap<String, String>> state : states.entrySet()) {
        Range all = store.range("/m/", "", 0, state.getKey());
        assertThat(keys(all)).containsExactlyElementsOf(state.getValue().keySet());
        assertThat(values(all)).containsExactlyElementsOf(state.getValue().values());
        List<String> paged = new ArrayList<>();
        Range page = store.range("/m/", "", 3, state.getKey());
        paged.addAll(keys(page));
        while (page.more()) {
          page = store.range("/m/", paged.getLast() + "\0", 3, state.getKey());
          paged.addAll(keys(page));
        }
        assertThat(paged).containsExactlyElementsOf(state.getValue().keySet());
      }
    }
  }

  @Test
  default void range_futureRevision_isRefused() throws Exception {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      FutureRevisionException future =
          catchThrowableOfType(FutureRevisionException.class, () -> store.range("/", "", 0, 2));
      assertThat(future.currentRevision()).isEqualTo(1);
    }
  }

  @Test
  default void compact_revision_forgetsWhatIsBefore() throws Exception {
    try (Store store = open()) {
      store.create("/k/a", bytes("1"));
      store.update("/k/a", bytes("2"), 1);
      store.update("/k/a", bytes("3"), 2);
      store.compact(2);
      assertThat(store.compactedRevision()).isEqualTo(2);
      CompactedException compacted =
          catchThrowableOfType(CompactedException.class, () -> store.range("/k/", "", 0, 1));
      assertThat(compacted.compactedRevision()).isEqualTo(2);
      assertThatThrownBy(() -> store.watch("/k/", 1, new RecordingListener()))
          .isInstanceOf(CompactedException.class);
      assertThat(values(store.range("/k/", "", 0, 2))).containsExactly("2");
      RecordingListener listener = new RecordingListener();
      store.watch("/k/", 2, listener);
      assertThat(listener.changes()).containsExactly("put /k/a@3");
      store.compact(1);
      assertThat(store.compactedRevision()).isEqualTo(2);
      assertThat(store.currentRevision()).isEqualTo(3);
    }
  }

  @Test
  default void range_foldersWithinFolders_standInTheOrderOfWholeKeys() throws Exception {
    List<String> keys =
        List.of("/a", "/a.b", "/a/", "/a/b", "/a/b.c", "/a/b/c", "/a/b/d", "/a/b0", "/a0", "b");
    try (Store store = open()) {
      List<String> shuffled = new ArrayList<>(keys);
      Collections.shuffle(shuffled, new Random(3));
      for (String key : shuffled) {
        store.create(key, bytes(key));
      }
      assertThat(keys(store.range("", "", 0, 0))).isEqualTo(keys);
      assertThat(keys(store.range("/a/", "", 0, 0))).isEqualTo(keys.subList(2, 8));
      assertThat(keys(store.range("/a", "/a/b/", 2, 0))).isEqualTo(keys.subList(5, 7));
      assertThat(store.range("/a", "/a/b/", 2, 0).count()).isEqualTo(4);
      assertThat(keys(store.range("/a/b/", "/a/c", 0, 0))).isEmpty();
      RecordingListener listener = new RecordingListener();
      store.watch("/a/b", 0, listener);
      assertThat(listener.told()).hasSize(5);
      long before = store.currentRevision();
      for (String key : shuffled) {
        store.delete(key, 0);
      }
      assertThat(keys(store.range("", "", 0, 0))).isEmpty();
      assertThat(keys(store.range("/a/", "", 0, before))).isEqualTo(keys.subList(2, 8));
    }
  }

  @Test
  default void compact_futureRevision_isRefused() throws Exception {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      assertThatThrownBy(() -> store.compact(2)).isInstanceOf(FutureRevisionException.class);
      assertThat(store.compactedRevision()).isZero();
    }
  }

  @Test
  default void close_runningWatch_endsItAndRefusesWrites() throws Exception {
    Store store = open();
    RecordingListener listener = new RecordingListener();
    store.watch("/", 0, listener);
    store.close();
    store.close();
    assertThat(listener.ended).isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(() -> store.create("/a", bytes("1")))
        .isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(() -> store.watch("/", 0, new RecordingListener()))
        .isInstanceOf(StoreClosedException.class);
  }

  @Test
  default void close_duringWrites_answersEachWriter() throws Exception {
    Store store = open();
    ConcurrentSkipListSet<String> created = new ConcurrentSkipListSet<>();
    CountDownLatch enough = new CountDownLatch(100);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < 32; writer++) {
        String prefix = "/w/" + writer + "/";
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; true; i++) {
                    created.add(store.create(prefix + i, bytes("v")).key());
                    enough.countDown();
                  }
                }));
      }
      assertThat(enough.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
      store.close();
      for (Future<?> writer : running) {
        assertThatThrownBy(() -> writer.get(Patience.SECONDS, TimeUnit.SECONDS))
            .hasCauseInstanceOf(StoreClosedException.class);
      }
    }
    assertThat(keys(store.range("/w/", "", 0, 0))).isEqualTo(List.copyOf(created));
  }

  @Test
  default void create_manyWriters_takeDenseUniqueRevisions() throws Exception {
    int writers = 64;
    int each = 25;
    try (Store store = open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      ConcurrentLinkedQueue<Long> revisions = new ConcurrentLinkedQueue<>();
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        String prefix = "/w/" + writer + "/";
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    revisions.add(store.create(prefix + i, bytes(prefix + i)).modRevision());
                  }
                }));
      }
      for (Future<?> writer : running) {
        writer.get();
      }
      assertThat(revisions.stream().sorted().toList())
          .containsExactlyElementsOf(LongStream.rangeClosed(1, writers * each).boxed().toList());
      assertThat(store.range("/w/", "", 0, 0).count()).isEqualTo(writers * each);
    }
  }

  @Test
  default void update_manyWritersOfOneKey_loseNoIncrement() throws Exception {
    int writers = 32;
    int each = 10;
    try (Store store = open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      store.create("/counter", bytes("0"));
      AtomicLong conflicts = new AtomicLong();
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    increment(store, conflicts);
                  }
                }));
      }
      for (Future<?> writer : running) {
        writer.get();
      }
      assertThat(values(store.range("/counter", "", 0, 0))).containsExactly("" + writers * each);
      assertThat(store.currentRevision()).isEqualTo(1 + writers * each);
    }
  }

  private static void increment(Store store, AtomicLong conflicts) {
    Entry entry = store.get("/counter");
    while (entry != null) {
      try {
        int next = Integer.parseInt(new String(entry.value(), UTF_8)) + 1;
        store.update("/counter", bytes("" + next), entry.modRevision());
        return;
      } catch (ConflictException e) {
        conflicts.incrementAndGet();
        entry = e.entry();
      }
    }
  }
}
